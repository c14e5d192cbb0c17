"""Markers that make no sense are a collection error that names the test."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL

WRONG = [
    ("energy(n=32)", "energy: unknown keyword 'n': did you mean inferences=32 *"),
    ("energy(batch=32)", "energy: got an unexpected keyword argument 'batch'; known arguments: *"),
    ("energy(1, 2)", "energy: too many positional arguments; known arguments: inferences, name, *"),
    ("energy(0)", "energy: inferences=0: must be at least 1"),
    ("energy('32')", "energy: inferences='32': must be an int"),
    ("energy(True)", "energy: inferences=True: must be an int"),
    ("energy(name=5)", "energy: name=5: must be a text"),
    ("energy(name='')", "energy: name='': must not be empty"),
    (r"energy(name='a\nb')", r"energy: name='a\nb': must hold no line break and no other *"),
    ("energy(tolerance=-1)", "energy: tolerance=-1: must be at least 0"),
    ("energy(tolerance=float('nan'))", "energy: tolerance=nan: must be *"),
    ("energy(tolerance='5 %')", "energy: tolerance='5 %': must be a number"),
    ("energy(max_seconds=0)", "energy: max_seconds=0: must be positive"),
    ("energy(gate='maybe')", "energy: gate='maybe': give 'fail', 'warn' or 'off'"),
    (
        "energy(task='chess')",
        "energy: unknown task 'chess': give one of text-classification, *, text-to-image",
    ),
    ("energy(tolerance=5, must_detect=5)", "energy: must_detect=5 has to be greater than *5*"),
    ("energy(must_detect=3)", "energy: must_detect=3 has to be greater than the tolerance, 5 *"),
    ("energy_budget()", "energy_budget: missing a required argument: 'limit'; known arguments: *"),
    ("energy_budget('2.3')", "energy_budget: cannot read the energy '2.3': write a number and J*"),
    ("energy_budget('2.3 Ws')", "energy_budget: cannot read the energy '2.3 Ws': *"),
    ("energy_budget('-2.3 Wh')", "energy_budget: an energy must be positive, got '-2.3 Wh'"),
    ("energy_budget(2.3)", "energy_budget: an energy is text with a unit, *got 2.3"),
    ("energy_budget('2.3 Wh', per=0)", "energy_budget: per=0: must be at least 1"),
    ("energy_budget('2.3 Wh', 1000, 5)", "energy_budget: too many positional arguments; *"),
]


def assert_collection_error(result: pytest.RunResult, *lines: str) -> None:
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in result.stdout.str()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(("marker", "message"), WRONG)
def test_wrong_arguments(pytester: pytest.Pytester, marker: str, message: str) -> None:
    pytester.makepyfile(
        test_model=f"import pytest\n@pytest.mark.{marker}\ndef test_it(energy):\n    1 / 0"
    )
    result = pytester.runpytest_inprocess(*USUAL)
    assert_collection_error(result, f"test_model.py::test_it: @pytest.mark.{message}")


def test_all_wrong_tests_of_a_file_are_named_at_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_model="""
        import pytest

        @pytest.mark.energy(n=1)
        def test_first(energy):
            pass

        @pytest.mark.energy_budget("2.3 apples")
        def test_second(energy):
            pass
        """
    )
    assert_collection_error(
        pytester.runpytest_inprocess(*USUAL),
        "test_model.py::test_first: @pytest.mark.energy: *",
        "test_model.py::test_second: @pytest.mark.energy_budget: *",
    )


def test_wrong_markers_of_classes_and_modules_are_seen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_model="""
        import pytest

        pytestmark = pytest.mark.energy(gate="never")

        class TestModel:
            def test_it(self, energy):
                pass
        """
    )
    assert_collection_error(
        pytester.runpytest_inprocess(*USUAL),
        "test_model.py::TestModel::test_it: @pytest.mark.energy: gate='never': *",
    )


def test_under_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_model="import pytest\n@pytest.mark.energy(n=32)\ndef test_it(energy):\n    pass"
    )
    result = pytester.runpytest_subprocess(*USUAL, "-n", "2")
    assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR)
    result.stdout.fnmatch_lines(["test_model.py::test_it: @pytest.mark.energy: unknown keyword*"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_budget_on_a_test_that_measures_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_model="import pytest\n@pytest.mark.energy_budget('2 J')\ndef test_it():\n    pass"
    )
    assert_collection_error(
        pytester.runpytest_inprocess(*USUAL),
        "test_model.py::test_it: @pytest.mark.energy_budget on a test that measures nothing: *",
    )


def test_a_budget_of_a_module_may_cover_tests_that_measure_nothing(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        "import pytest\npytestmark = pytest.mark.energy_budget('2 J')\ndef test_it():\n    pass"
    )
    assert pytester.runpytest_inprocess(*USUAL).ret == pytest.ExitCode.OK


def test_a_wider_tolerance_of_a_test_moves_both_margins(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nenergy_must_detect = 8")
    pytester.makepyfile(
        "import pytest\n@pytest.mark.energy(tolerance=20)\ndef test_it(energy):\n    pass"
    )
    assert pytester.runpytest_inprocess(*USUAL).ret == pytest.ExitCode.OK
