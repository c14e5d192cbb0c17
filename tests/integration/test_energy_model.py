"""``--energy-model ID --energy-task TASK``: one model, and nothing of the current folder."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy import Workload, tasks
from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.names import again, is_model, model_name
from tests.integration.conftest import USUAL, Project

GPT = ("--energy-model=distilgpt2", "--energy-task=text-generation")
NODEID = "inferenergy::text-generation[distilgpt2]"
BROKEN = "raise RuntimeError('somebody imported this file')"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, dict[str, Any]]]:
    """What was asked of `tasks.load`, in whose place stands something quicker."""
    asked = []

    def load(task: str, model: str, **options: Any) -> Workload:
        asked.append((task, model, options))
        if model == "nobody/knows":
            raise MisuseError("model 'nobody/knows' is not to be found: no network, no such folder")
        description: dict[str, Any] = {"task": task, "model": model, "batch_size": 2}
        return Workload(
            time.sleep, (0.25,), inferences=2, tokens=20, description=description, digest_text="ab"
        )

    monkeypatch.setattr(tasks, "load", load)
    return asked


@pytest.fixture
def hostile(project: Project) -> Project:
    """A project in which whatever is imported fails."""
    for name in ("conftest", "test_model", "tests/conftest", "tests/test_more", "tests/__init__"):
        path = project.path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(BROKEN)
    return project


@pytest.mark.every_python
def test_one_model_is_measured_and_nothing_imported(
    hostile: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    result = hostile.run(*GPT, "--energy-report", "-v", "--junitxml=junit.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            f"{NODEID.replace('[', '[[]')} PASSED*",
            f"{NODEID.replace('[', '[[]')} * new *",
            "energy: 1 measured, 0 compared, 1 new",
        ]
    )
    result.stdout.no_fnmatch_line("*somebody imported*")
    assert loaded == [("text-generation", "distilgpt2", {"random_weights": False})]
    (outcome,) = hostile.measured
    assert outcome["nodeid"] == NODEID
    assert outcome["task"] == {"task": "text-generation", "model": "distilgpt2", "batch_size": 2}
    assert outcome["joules_per_token"] == pytest.approx(outcome["joules_per_inference"] / 10)
    assert hostile.results["settings"]["model"] == "distilgpt2"


def test_a_conftest_would_break_it_otherwise(hostile: Project) -> None:
    assert hostile.run_apart().ret != pytest.ExitCode.OK


def test_its_baseline_is_kept_and_holds(
    project: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    project.run(*GPT, "--energy-update").assert_outcomes(passed=1)
    assert list(project.stored) == [NODEID]
    project.gpu.scale(2)
    result = project.run(*GPT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "energy regressed: *",
            "  to accept this level: pytest --energy-model distilgpt2 --energy-task "
            "text-generation --energy-accept",
            "FAILED inferenergy::text-generation*",
        ]
    )
    project.write("def test_other(): pass")
    project.run("--energy-prune").assert_outcomes(passed=1)
    assert list(project.stored) == [NODEID]


def test_a_named_architecture_has_random_weights(
    project: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    project.run("--energy-model", "random:gpt2", "--energy-task", "text-generation")
    assert loaded == [("text-generation", "gpt2", {"random_weights": True})]
    assert project.measured[0]["nodeid"] == "inferenergy::text-generation[random:gpt2]"


def test_what_cannot_be_loaded_fails_with_one_line(
    project: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    result = project.run("--energy-model=nobody/knows", "--energy-task=fill-mask")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["model 'nobody/knows' is not to be found: no network, *"])
    assert "Traceback" not in result.stdout.str()
    assert ".py" not in result.stdout.str()
    assert "another exception" not in result.stdout.str()


def test_an_error_of_the_model_shows_where_it_arose(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: Any, **__: Any) -> Workload:
        return Workload(int, ("a film",))

    monkeypatch.setattr(tasks, "load", load)
    result = project.run(*GPT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ValueError: invalid literal for int() with base 10: 'a film'"])


def test_disabled_it_runs_once(
    project: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    project.run(*GPT, "--energy-disable").assert_outcomes(passed=1)
    assert project.measured[0]["state"] == "unmeasured"


def test_under_xdist_one_worker_measures_it(hostile: Project) -> None:
    (hostile.path / "quick_load.py").write_text(
        "import time\n"
        "from pytest_inferenergy import Workload, tasks\n"
        "tasks.load = lambda task, model, **_: Workload(time.sleep, (0.25,))\n"
    )
    result = hostile.run_apart(*GPT, "-p", "quick_load", "-n", "2")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert [outcome["nodeid"] for outcome in hostile.measured] == [NODEID]


@pytest.mark.torch
@pytest.mark.skipif(
    None in (find_spec("torch"), find_spec("transformers")), reason="no torch or no transformers"
)
@pytest.mark.parametrize(
    ("model", "lines"),
    [
        (
            "random:tiny",
            ["inferenergy::text-generation*random:tiny* new *", "*text-generation: 7th of 10, *"],
        ),
        ("random:nonsense", ["'nonsense' is no named architecture for text-generation *"]),
    ],
)
def test_a_real_model(project: Project, model: str, lines: list[str]) -> None:
    project.write(BROKEN, "conftest")
    result = project.run_apart(
        "--energy-report", "--energy-model", model, "--energy-task", "text-generation"
    )
    assert ("passed" in result.parseoutcomes()) is (model == "random:tiny")
    result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in result.stdout.str()
    if model == "random:tiny":
        assert "prefill" in project.measured[0]["phases"]


def test_it_is_listed_and_not_loaded(
    hostile: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    result = hostile.run(*GPT, "--collect-only", "-q")
    result.stdout.fnmatch_lines([NODEID.replace("[", "[[]")])
    assert loaded == []


def test_paths_and_markers_of_the_ini_file_are_not_looked_into(
    hostile: Project, loaded: list[tuple[str, str, dict[str, Any]]]
) -> None:
    ini = hostile.path / "tox.ini"
    ini.write_text(ini.read_text() + "\naddopts = tests/test_more.py\ntestpaths = nowhere\n")
    hostile.run(*GPT).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (GPT[:1], "--energy-task is missing: give --energy-model ID (of the hub, *) and *"),
        (GPT[1:], "--energy-model is missing: give --energy-model ID (of the hub, *) and *"),
        (
            (GPT[0], "--energy-task=chess"),
            "--energy-task: unknown task 'chess': give one of text-classification, *",
        ),
        (("--energy-model=", GPT[1]), "--energy-model: '' names no model: *"),
        (("--energy-model=random:", GPT[1]), "--energy-model: 'random:' names no model: *"),
        (
            (*GPT, "test_model.py"),
            "--energy-model measures one model and runs no tests: leave out test_model.py",
        ),
        ((*GPT, "--energy-against=HEAD"), "--energy-against compares tests of two revisions, *"),
        ((*GPT, "--energy-prune"), "--energy-prune has to see all tests, *"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    pytester: pytest.Pytester, options: tuple[str, ...], message: str
) -> None:
    pytester.makeconftest(BROKEN)
    pytester.makepyfile(test_model=BROKEN)
    result = pytester.runpytest_inprocess(*USUAL, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message.replace('[', '[[]')}"])
    assert "Traceback" not in result.stderr.str()


def test_a_folder_leaves_no_absolute_path_in_the_node_id(tmp_path: Path) -> None:
    root, folder = tmp_path / "project", tmp_path / "project" / "tests"
    for path in ("project/tests/tiny", "project/models/small", "elsewhere/large"):
        (tmp_path / path).mkdir(parents=True)
    assert model_name("tiny", folder, root) == "tests/tiny"
    assert model_name(str(root / "models/small"), folder, root) == "models/small"
    assert model_name("../../elsewhere/large/", folder, root) == "large"
    assert model_name("org/large", folder, root) == "org/large"


def test_what_to_type_again() -> None:
    assert again("tests/test_a.py::test_it[a]") == "'tests/test_a.py::test_it[a]'"
    assert again("inferenergy::fill-mask[org/a b]") == (
        "--energy-model 'org/a b' --energy-task fill-mask"
    )
    assert is_model("inferenergy::fill-mask[a]")
    assert not is_model("inferenergy/test_a.py::test_it")
