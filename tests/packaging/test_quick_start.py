"""The README's five minutes, as a stranger types them, with nothing but the wheel installed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, Venv

SECTION = (
    (ROOT / "README.md").read_text("utf-8").partition("## Five minutes\n")[2].partition("\n## ")[0]
)
(TEST,) = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)
MEASURE, STORE, CATCH = (
    shlex.split(line, comments=True)
    for block in re.findall(r"```console\n(.*?)```", SECTION, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("pytest ")
)
SLOWER = re.search(r"`(?P<slow>[\d.]+)` in the place of `(?P<fast>[\d.]+)`", SECTION)


@pytest.fixture
def clone(tmp_path: Path, sdist: Path) -> Path:
    """A folder with the test file, and the recordings where a clone has them."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "traces").symlink_to(sdist / "tests" / "traces")
    (tmp_path / "test_first.py").write_text(TEST, encoding="utf-8")
    return tmp_path


def test_measure_store_and_catch(installed: Venv, clone: Path) -> None:
    assert not {"hypothesis", "jinja2", "torch"} & installed.installed(), "it has to be empty"

    measured = installed.run(MEASURE, clone)
    assert measured.returncode == 0, measured.stdout
    assert re.search(r"^energy: 1 measured, 0 compared, 1 new", measured.stdout, re.MULTILINE)

    stored = installed.run(STORE, clone)
    assert stored.returncode == 0, stored.stdout
    assert "energy: baselines written: 1 in energy_baselines/" in stored.stdout

    assert SLOWER is not None
    assert TEST.count(f"sleep({SLOWER['fast']})") == 1
    (clone / "test_first.py").write_text(TEST.replace(SLOWER["fast"], SLOWER["slow"]), "utf-8")
    caught = installed.run(CATCH, clone)
    assert caught.returncode == 1, caught.stdout
    assert "energy regressed: " in caught.stdout
    assert "energy: 1 measured, 1 compared, 1 regressed" in caught.stdout


def test_the_command_is_there_and_says_what_this_machine_can_measure(
    installed: Venv, tmp_path: Path
) -> None:
    told = installed.run(["inferenergy", "doctor", "--no-self-test"], tmp_path)
    assert told.returncode in (0, 1), told.stdout  # 1: nothing here measures energy
    assert "codecarbon" in told.stdout


def test_every_public_name_is_there(installed: Venv, tmp_path: Path) -> None:
    code = "import pytest_inferenergy as p; print([n for n in p.__all__ if not hasattr(p, n)])"
    assert installed.run(["python", "-c", code], tmp_path).stdout.strip() == "[]"
