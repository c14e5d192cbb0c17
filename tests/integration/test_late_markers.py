"""Markers that come after collection are held to the same checks as those in the file."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL, Project

BY_HOOK = {
    "modifyitems": """
        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(MARKER)
    """,
    "itemcollected": """
        def pytest_itemcollected(item):
            item.add_marker(MARKER)
    """,
    "setup": """
        def pytest_runtest_setup(item):
            item.add_marker(MARKER)
    """,
    "fixture": """
        @pytest.fixture(autouse=True)
        def _marked(request):
            request.node.add_marker(MARKER)
    """,
    "call": """
        def pytest_runtest_call(item):
            item.add_marker(MARKER)
    """,
}
WAYS = [*BY_HOOK]
BEFORE_THE_CALL = [way for way in WAYS if way != "call"]


def mark_by(way: str, marker: str = "pytest.mark.energy") -> str:
    """A conftest that marks each test."""
    return f"import pytest\nMARKER = {marker}\n" + "\n".join(
        line.removeprefix("        ") for line in BY_HOOK[way].splitlines()
    )


@pytest.mark.parametrize(
    ("runner", "way"),
    [("none", way) for way in WAYS]
    + [(runner, way) for runner in ("anyio", "asyncio") for way in ("modifyitems", "call")],
)
def test_an_async_test_never_passes_without_having_run(
    pytester: pytest.Pytester, way: str, runner: str
) -> None:
    pytester.makeconftest(mark_by(way))
    mark = {"none": "", "anyio": "@pytest.mark.anyio", "asyncio": "@pytest.mark.asyncio"}[runner]
    plugins = {"none": (), "anyio": ("-p", "anyio"), "asyncio": ("-p", "pytest_asyncio")}[runner]
    pytester.makepyfile(f"""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        {mark}
        async def test_it():
            assert False
    """)
    result = pytester.runpytest_subprocess(*USUAL, *plugins)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    if way in BEFORE_THE_CALL:
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["*test_it: @pytest.mark.energy cannot measure an async test*"])
        result.stdout.no_fnmatch_line("*pytest_inferenergy/*")


def test_a_plain_function_that_gives_a_coroutine_is_refused(project: Project) -> None:
    project.write("""
        import pytest

        async def work():
            pass

        @pytest.mark.energy
        def test_it():
            return work()
    """)
    result = project.run("-W", "error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*test_it: @pytest.mark.energy cannot measure an async test *: its call gave coroutine*"]
    )


def test_a_test_that_returns_something_is_warned_of_as_ever(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy
        def test_it():
            time.sleep(0.25)
            return 5
    """)
    result = project.run()
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*PytestReturnNotNoneWarning: Test functions should return None*"])


@pytest.mark.parametrize("way", BEFORE_THE_CALL)
@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["serial", "xdist"])
def test_wrong_markers_are_named(
    pytester: pytest.Pytester, way: str, workers: tuple[str, ...]
) -> None:
    pytester.makeconftest(mark_by(way, "pytest.mark.energy(n=32)"))
    pytester.makepyfile(test_model="def test_it():\n    pass\n")
    result = pytester.runpytest_subprocess(*USUAL, *workers)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["test_model.py::test_it: @pytest.mark.energy: unknown keyword 'n': did you mean *"]
    )
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_rerun_does_not_get_past_a_wrong_marker(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_rerunfailures")
    pytester.makeconftest(mark_by("fixture", "pytest.mark.energy_budget('2 apples')"))
    pytester.makepyfile("def test_it():\n    pass\n")
    result = pytester.runpytest_subprocess(*USUAL, "-p", "rerunfailures", "--reruns=2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(errors=1)


def test_a_marker_that_comes_late_measures(project: Project) -> None:
    project.pytester.makeconftest(mark_by("fixture", "pytest.mark.energy(inferences=5)"))
    project.write("import time\ndef test_it():\n    time.sleep(0.25)\n")
    project.run("--energy-update").assert_outcomes(passed=1)
    (measured,) = project.measured
    assert measured["joules_per_inference"] == pytest.approx(15, rel=0.1)


KINDS = {
    "unittest": """
        import unittest

        class TestModel(unittest.TestCase):
            def test_it(self):
                pass
    """,
    "in the call": """
        import pytest

        def test_it(request):
            request.node.add_marker(pytest.mark.energy)
    """,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_measured_is_named_and_fails_under_strict(project: Project, kind: str) -> None:
    if kind == "unittest":
        project.pytester.makeconftest(mark_by("modifyitems"))
    project.write(KINDS[kind])
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["energy: not measured, the marker `energy` *test_model.py::*test_it"]
    )
    (outcome,) = project.measured
    assert (outcome["state"], outcome["flags"]) == ("unmeasured", ["not_measurable"])
    project.run("--energy-strict").assert_outcomes(failed=1)


ITEMS = """
    import pytest

    class Case(pytest.Item):
        def __init__(self, **kw):
            super().__init__(**kw)
            self.add_marker({marker})

        def runtest(self):
            pass

    class Cases(pytest.File):
        def collect(self):
            yield Case.from_parent(self, name="case")

    def pytest_collect_file(file_path, parent):
        if file_path.suffix == ".case":
            return Cases.from_parent(parent, path=file_path)
"""


def test_a_custom_item_that_marks_itself_is_named(project: Project) -> None:
    project.pytester.makeconftest(ITEMS.format(marker="pytest.mark.energy"))
    project.pytester.makefile(".case", one="")
    result = project.run("--energy-report")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["one.case::case*: *and this is another kind of test"])
    project.run("--energy-strict").assert_outcomes(failed=1)


def test_a_wrong_marker_of_a_custom_item_is_a_collection_error(project: Project) -> None:
    project.pytester.makeconftest(ITEMS.format(marker="pytest.mark.energy(n=3)"))
    project.pytester.makefile(".case", one="")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["one.case::case: @pytest.mark.energy: unknown keyword 'n'*"])
