"""``--energy-prune`` deletes the baselines of tests that no longer exist, and of no others."""

from __future__ import annotations

import json

import pytest

from tests.integration.conftest import Project

ONE = "def test_stays(energy):\n    energy(len, 'a film')"


@pytest.fixture
def prune(project: Project) -> Project:
    """A project of which two tests are stored, and one is gone."""
    for test in ("test_stays", "test_goes"):
        project.store(f"test_model.py::{test}")
    project.write(ONE)
    return project


UNMEASURED = ("--energy-prune", "--energy-disable")


@pytest.mark.every_python
def test_only_tests_that_are_gone_are_deleted(prune: Project) -> None:
    result = prune.run(*UNMEASURED)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["energy: baselines pruned: 1 in energy_baselines/*.json"])
    assert list(prune.stored) == ["test_model.py::test_stays"]


def test_the_tests_of_a_deleted_file_are_deleted(prune: Project) -> None:
    (prune.path / "test_model.py").unlink()
    prune.write("def test_other():\n    pass", "test_other")
    assert prune.run(*UNMEASURED).ret == pytest.ExitCode.OK
    assert not prune.stored


def test_without_the_option_nothing_is_deleted(prune: Project) -> None:
    before = prune.baseline_file.read_bytes()
    assert prune.run("--energy-disable").ret == pytest.ExitCode.OK
    assert prune.baseline_file.read_bytes() == before


@pytest.mark.parametrize(
    "narrowed", [("-k", "stays"), ("-m", "energy"), ("--lf",), ("test_model.py",)], ids=" ".join
)
def test_a_narrowed_collection_is_a_usage_error(prune: Project, narrowed: tuple[str, ...]) -> None:
    before = prune.baseline_file.read_bytes()
    result = prune.run(*UNMEASURED, *narrowed)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --energy-prune deletes *leave out -k, -m, --lf and paths"])
    assert prune.baseline_file.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--deselect=test_model.py::test_stays"], "some tests were deselected"),
        (["-n", "1"], "the tests were collected by xdist workers: run it without -n"),
        (["--ignore=test_model.py"], "no test was collected"),
    ],
)
def test_a_collection_that_proves_partial_deletes_nothing(
    prune: Project, options: list[str], why: str
) -> None:
    before = prune.baseline_file.read_bytes()
    result = prune.run_apart(*UNMEASURED, *options)
    assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    result.stdout.fnmatch_lines([f"energy: ERROR: --energy-prune did nothing: {why}, *"])
    assert prune.baseline_file.read_bytes() == before


def test_a_collection_error_deletes_nothing(prune: Project) -> None:
    before = prune.baseline_file.read_bytes()
    prune.write("import no_such_module", "test_broken")
    result = prune.run(*UNMEASURED)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["energy: ERROR: --energy-prune did nothing: *collection errors*"])
    assert prune.baseline_file.read_bytes() == before


@pytest.mark.parametrize(
    ("hidden", "options"),
    [
        ("import pytest\npytest.importorskip('no_such_module')", ()),
        (ONE, ("--ignore=test_model.py",)),
    ],
    ids=["skipped as a whole", "ignored"],
)
def test_the_tests_of_a_file_that_was_not_looked_into_are_kept(
    prune: Project, hidden: str, options: tuple[str, ...]
) -> None:
    before = prune.baseline_file.read_bytes()
    prune.write(hidden)
    prune.write("def test_other():\n    pass", "test_other")
    assert prune.run(*UNMEASURED, *options).ret == pytest.ExitCode.OK
    assert prune.baseline_file.read_bytes() == before


def test_tests_outside_of_testpaths_are_kept(prune: Project) -> None:
    before = prune.baseline_file.read_bytes()
    prune.pytester.makeini("[pytest]\ntestpaths = tests")
    prune.pytester.mkdir("tests")
    (prune.path / "tests" / "test_other.py").write_text("def test_other():\n    pass\n")
    assert prune.run(*UNMEASURED).ret == pytest.ExitCode.OK
    assert prune.baseline_file.read_bytes() == before


def test_the_baselines_of_all_machines_are_pruned(prune: Project) -> None:
    stored = json.loads(prune.baseline_file.read_text())
    stored["profile"]["device"] = "NVIDIA L4"
    other = prune.baseline_file.with_name("nvidia-l4-x1-700w-nvml.json")
    other.write_text(json.dumps(stored))
    assert prune.run(*UNMEASURED).ret == pytest.ExitCode.OK
    assert list(json.loads(other.read_text())["tests"]) == ["test_model.py::test_stays"]


def test_a_broken_baseline_file_is_an_error_and_is_kept(prune: Project) -> None:
    other = prune.baseline_file.with_name("a-broken-one.json")
    other.write_text("{")
    result = prune.run(*UNMEASURED)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy: ERROR: *a-broken-one.json: *"])
    assert other.read_text() == "{"
