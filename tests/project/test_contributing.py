"""CONTRIBUTING.md: its list of benchmarks is whole, its example runs, what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.rerun import RERUNS, Rerun, as_table, run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_each_result_has_its_command_and_each_command_its_results() -> None:
    listed = [name for rerun in RERUNS for name in rerun.results]
    assert sorted(listed) == sorted(path.name for path in (ROOT / "benchmarks/results").iterdir())


def test_the_page_has_the_list() -> None:
    assert as_table() in PAGE, "print it with python -m benchmarks.rerun"


@pytest.mark.parametrize("rerun", RERUNS, ids=lambda rerun: rerun.name)
def test_its_command_can_be_run(rerun: Rerun) -> None:
    module, *words = shlex.split(rerun.module)
    if module == "pytest":
        assert (ROOT / words[0]).is_file()
        return
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8")
    for word in words:
        if word.startswith("--"):
            assert f'"{word}"' in source


def test_what_it_names_is_there() -> None:
    names = re.findall(r"(?<![\w.])(?:tests|docs|benchmarks)/[\w/.-]*\w", PAGE)
    assert len(names) > 10
    assert [name for name in set(names) if not (ROOT / name).exists()] == []
    envs = set(re.findall(r"tox run -e ([\w,]+)", PAGE))
    tox = (ROOT / "tox.ini").read_text("utf-8")
    wanted = {env for group in envs for env in group.split(",") if not env.startswith("py")}
    assert wanted == {env for env in wanted if f"[testenv:{env}]" in tox}


def test_what_it_says_of_the_stand_in_is_so() -> None:
    source = {path.name: path.read_text("utf-8") for path in (ROOT / "tests/nvml/source").iterdir()}
    assert "counter_mode" in source["device.h"]
    assert "SETTINGS(" in source["device.h"]
    assert "modes[] =" in source["state.c"]
    assert "energy_counter(" in source["energy.c"]
    assert "ANSWER_CLOCK(" in source["facts.c"]


def test_its_example_runs(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pynvml")
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    pytester.makepyfile(test_example=example)
    pytester.makeconftest('pytest_plugins = ["tests.nvml.fixture"]')
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=1)


def test_each_benchmark_is_listed() -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text("utf-8")
    names = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"__init__"}
    assert {name for name in names if f"`python -m benchmarks.{name}" not in page} == set()


def test_what_a_rerun_writes_and_prints_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    made = Rerun(("made.md",), "json.tool OUT/given OUT/made.md", minutes=1)
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "given").write_text("1")
    assert run(made, tmp_path) == 0
    assert (tmp_path / "made" / "made.md").read_text() == "1\n"
    assert run(Rerun(("printed.md",), "json.tool nonsense", minutes=1), tmp_path) != 0
    assert "nonsense" in (tmp_path / "printed" / "printed.txt").read_text()
