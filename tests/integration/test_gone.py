"""A baseline whose test is gone: named by every run that could see it, and strict fails."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pytest_inferenergy.cli import app
from tests.integration.conftest import BLOCK, Project

OLD, NEW = "test_model.py::test_old", "test_model.py::test_block"
SLUG = "nvidia-h200-x1-700w-nvml"
SAID = f"energy: no test any more: a baseline of {OLD}; if it was renamed: inferenergy mv *"
COUNTED = "energy: 1 measured, *1 baseline without a test"


@pytest.fixture
def renamed(project: Project) -> Project:
    """A project whose one test has a new name, and whose baseline has the old one."""
    project.store(OLD)
    project.write(BLOCK)
    return project


def silent(result: pytest.RunResult) -> None:
    result.stdout.no_fnmatch_line("*no test any more*")
    result.stdout.no_fnmatch_line("*without a test*")


@pytest.mark.every_python
def test_a_renamed_test_is_named_with_what_to_type(renamed: Project) -> None:
    result = renamed.run()
    assert result.ret == pytest.ExitCode.OK
    (line,) = (line for line in result.outlines if line.startswith("energy: no test any more"))
    assert line == (
        f"energy: no test any more: a baseline of {OLD}; if it was renamed: "
        f"inferenergy mv {OLD} {NEW}; if it is gone for good: pytest --energy-prune"
    )
    result.stdout.fnmatch_lines([COUNTED])
    assert renamed.results["gone"] == {SLUG: [OLD]}


def test_strict_fails_by_it(renamed: Project) -> None:
    renamed.store(NEW, joules=60.0)
    result = renamed.run("--energy-strict", "--energy-tolerance=40")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"energy: ERROR: no test any more: a baseline of {OLD}; *"])
    assert OLD in renamed.results["problems"][0]


def test_strict_whose_gate_is_off_does_not(renamed: Project) -> None:
    result = renamed.run("--energy-strict", "--energy-gate=off")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines([SAID, f"{COUNTED}; the gate is off, *"])


def test_what_it_says_to_type_helps(renamed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = (x for x in renamed.run().outlines if x.startswith("energy: no test any more"))
    command = line.partition("inferenergy ")[2].partition("; if")[0]
    monkeypatch.chdir(renamed.path)
    app(shlex.split(command), standalone_mode=False)
    result = renamed.run("--energy-tolerance=40")
    silent(result)
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared"])
    assert renamed.results["gone"] == {}


@pytest.mark.parametrize("options", [("test_model.py",), ("-k", "block"), ("-m", "energy"),
                                     ("--ff",), ("-n0",)], ids=" ".join)  # fmt: skip
def test_options_that_left_nothing_out_hide_nothing(
    renamed: Project, options: tuple[str, ...]
) -> None:
    renamed.run(*options).stdout.fnmatch_lines([SAID, COUNTED])


def test_workers_collect_for_their_controller(renamed: Project) -> None:
    result = renamed.run_apart("-n2", "--energy-strict", "--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"energy: ERROR: no test any more: a baseline of {OLD}; *"])


def test_the_test_of_a_deleted_file(project: Project) -> None:
    project.store("tests/test_old.py::test_block")
    project.write(BLOCK)
    project.run("test_model.py").stdout.fnmatch_lines(
        [f"*a baseline of tests/test_old.py::test_block; *mv tests/test_old.py::test_block {NEW};*"]
    )


def test_a_file_that_moved_with_all_of_its_tests(project: Project) -> None:
    for number in range(3):
        project.store(f"tests/test_modl.py::test_{number}")
    project.write(BLOCK)
    result = project.run()
    result.stdout.fnmatch_lines(
        ["*baselines of 3 tests of tests/test_modl.py; *mv tests/test_modl.py test_model.py; *",
         "energy: 1 measured, *, 3 baselines without a test"]
    )  # fmt: skip


def test_many_are_counted_and_the_first_named(project: Project) -> None:
    for number in range(8):
        project.store(f"test_model.py::test_{number}")
    project.write(BLOCK)
    result = project.run()
    assert sum("no test any more: a baseline" in line for line in result.outlines) == 5
    result.stdout.fnmatch_lines(["energy: no test any more: 3 more"])
    assert len(project.results["gone"][SLUG]) == 8


def test_a_class_and_parameters(project: Project) -> None:
    for test in ("TestOld::test_block", "test_x[1]"):
        project.store(f"test_model.py::{test}")
    project.write(BLOCK)
    project.run().stdout.fnmatch_lines(
        ["*a baseline of test_model.py::TestOld::test_block;*",
         "*a baseline of test_model.py::test_x[[]1[]];*mv 'test_model.py::test_x[[]1[]]' *"]
    )  # fmt: skip


TWO = BLOCK + "\n    def test_other(): pass\n"
SKIPPED_CLASS = """
    import pytest

    class TestOld:
        @pytest.fixture(autouse=True)
        def _(self): pass

        def test_block(self, energy): pass
"""
CONFTEST = {
    "ignores": "collect_ignore = ['test_old.py']",
    "shard": "def pytest_collection_modifyitems(items): del items[1:]",
    "class skipped at collection": """
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_make_collect_report(collector):
            report = yield
            if collector.name == "TestOld":
                report.outcome, report.result = "skipped", []
                report.longrepr = ("test_old.py", 1, "no")
            return report
    """,
}


@pytest.mark.parametrize(
    "options",
    [("-k", "block"), (NEW,), ("--deselect=test_model.py::test_other",), ("--lf",),
     ("--maxfail=1", "test_model.py", "test_zfails.py"), ("-x", "test_model.py", "test_zfails.py")],
    ids=" ".join,
)  # fmt: skip
def test_a_run_of_some_tests_says_nothing(project: Project, options: tuple[str, ...]) -> None:
    project.store(OLD)
    project.write(TWO)
    project.write("def test_fails(): assert 0", "test_zfails")
    project.run()  # for --lf to know of a failure
    silent(project.run(*options))
    assert project.results["gone"] is None


def test_workers_that_stop_early_say_nothing(renamed: Project) -> None:
    renamed.write("def test_fails(): assert 0", "test_fails")
    silent(renamed.run_apart("-n1", "-x"))


def test_a_run_with_a_collection_error_says_nothing(renamed: Project) -> None:
    renamed.write("import no_such_module", "test_broken")
    silent(renamed.run("--continue-on-collection-errors"))


@pytest.mark.parametrize("conftest", CONFTEST)
def test_what_was_not_collected_is_not_gone(project: Project, conftest: str) -> None:
    for test in ("TestOld::test_block", "test_block"):
        project.store(f"test_old.py::{test}")
    project.write(TWO)
    project.write(SKIPPED_CLASS + BLOCK, "test_old")
    project.pytester.makeconftest(CONFTEST[conftest])
    silent(project.run())


@pytest.mark.parametrize(
    "text", ["import pytest\npytest.importorskip('no_such')", "import pytest\npytest.skip('', "
             "allow_module_level=True)"])  # fmt: skip
def test_a_file_that_is_skipped_may_hold_it(renamed: Project, text: str) -> None:
    renamed.store("test_old.py::test_block")
    renamed.write(text, "test_old")
    renamed.store(NEW, joules=60.0)
    result = renamed.run("--energy-tolerance=40")
    assert renamed.results["gone"] == {SLUG: [OLD]}
    result.stdout.no_fnmatch_line("*test_old.py*")


def test_other_machines_may_have_other_tests(project: Project) -> None:
    project.store(OLD)
    text = project.baseline_file.read_text().replace("NVIDIA H200", "NVIDIA L4")
    project.baseline_file.unlink()
    (project.path / "energy_baselines" / "nvidia-l4-x1-700w-nvml.json").write_text(text)
    project.write(BLOCK)
    silent(project.run())
    assert project.results["gone"] == {}


def test_the_last_energy_test_is_missed_too(project: Project) -> None:
    project.store(OLD)
    project.write("def test_other(): pass")
    result = project.run("--energy-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"energy: ERROR: no test any more: a baseline of {OLD}; *"])


def test_a_folder_shared_with_other_projects(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.store("test_elsewhere.py::test_x")
    project.store(OLD)
    shared: Path = tmp_path_factory.mktemp("shared") / "levels"
    project.baseline_file.parent.rename(shared)
    project.write(BLOCK)
    result = project.run(f"--energy-baselines={shared}")
    result.stdout.fnmatch_lines([f"*baseline of {OLD}; *mv {OLD} {NEW} --baselines *levels; *"])
    assert project.results["gone"] == {SLUG: [OLD]}


def test_pruned_baselines_are_not_missed(renamed: Project) -> None:
    result = renamed.run("--energy-prune", "--energy-strict", "--energy-update")
    assert result.ret == pytest.ExitCode.OK
    silent(result)


def test_a_broken_file_of_another_machine_is_left_alone(renamed: Project) -> None:
    (renamed.path / "energy_baselines" / "other.json").write_text("{")
    assert renamed.run().ret == pytest.ExitCode.OK
