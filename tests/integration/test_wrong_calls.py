"""Wrong calls of the fixture fail the test with a message, and without our own frames."""

from __future__ import annotations

import pytest

from tests.integration.conftest import USUAL

WRONG = [
    ("energy.result", "energy.result: nothing was measured in this test yet"),
    ("energy(5)", "the workload must be callable, got int"),
    ("energy(len)", "TypeError: len() takes exactly one argument (0 given)"),
    ("energy.run(len, 'a film')", "args='a film': give a tuple of arguments, such as args=(x,)"),
    ("energy.run(len, args=5)", "args=5: give a tuple of arguments, such as args=(x,)"),
    ("energy.run(len, kwargs=5)", "kwargs=5: must be a dict of keyword arguments"),
    ("energy.run(len, ('',), inferences=0)", "inferences=0: must be at least 1"),
    ("energy.run(len, ('',), inferences=1.5)", "inferences=1.5: must be an int"),
    ("energy.run(len, ('',), tokens=0)", "tokens=0: must be a positive number or a function"),
    ("energy.run(len, ('',), tokens='5')", "tokens='5': must be a positive number or a function"),
    ("energy.run(len, ('',), setup=5)", "setup=5: must be a function"),
    ("energy.run(len, inputs=[])", "inputs= is empty: nothing to measure"),
    ("energy.run(len, inputs=iter([]))", "inputs=*: must be a list, its length is needed"),
    ("energy.run(len, inputs=[''], setup=str)", "give setup= or inputs=, not both: *"),
    ("energy.run(len, ('',), name='')", "name='': must not be empty"),
    (
        r"energy.run(len, ('',), name='a\nFAILED b')",
        r"name='a\nFAILED b': must hold no line break and no other control character",
    ),
    (
        r"with energy.window('\x1b[2J'): pass",
        r"name='\x1b[[]2J': must hold no line break and no other control character",
    ),
    (r"energy.compare(len, len, ('',), name='a\u2028b')", r"name='a\u2028b': must hold no *"),
    ("energy.run(len, ('',), name=5)", "name=5: must be a text"),
    ("energy.run(len, ('',), budget='2 apples')", "cannot read the energy '2 apples': *"),
    ("energy.run(len, ('',), budget=2)", "an energy is text with a unit, *got 2"),
    (
        "energy(len, ''); energy(len, '')",
        "a second measurement in one test needs a name of its own: say name='...'",
    ),
    (
        "energy.run(len, ('',), name='a'); energy.run(len, ('',), name='a')",
        "this test already has a measurement named 'a': give another name=",
    ),
    ("with energy.window(inferences=0): pass", "inferences=0: must be at least 1"),
    (
        "with energy.window() as w: w.kwh_per_1k",
        "the window is still open: read its figures after the with block",
    ),
    (
        "with energy.window('a'): pass\n    with energy.window('a'): pass",
        "this test already has a measurement named 'a': give another name=",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[call for call, _ in WRONG])
def test_wrong_call(pytester: pytest.Pytester, call: str, message: str) -> None:
    pytester.makepyfile(test_model=f"def test_it(energy):\n    {call}")
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    shown = result.stdout.str()
    result.stdout.fnmatch_lines([f"E  *Error: {message.removeprefix('TypeError: ')}"])
    assert "pytest_inferenergy/" not in shown
    assert "contextlib.py" not in shown
    assert "Traceback" not in shown


NESTED = [
    "energy(lambda: energy.run(len, ('',), name='inner'))",
    "with energy.window():\n        energy.run(len, ('',), name='inner')",
]


@pytest.mark.parametrize("call", NESTED, ids=["call", "window"])
def test_nested_measurements(pytester: pytest.Pytester, replay: str, call: str) -> None:
    pytester.makepyfile(test_model=f"def test_it(energy):\n    {call}")
    result = pytester.runpytest_inprocess(*USUAL, replay)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *MisuseError: a measurement inside a measured call: *"])
    assert "pytest_inferenergy/" not in result.stdout.str()


def test_full_trace_shows_our_frames(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_model="def test_it(energy):\n    energy(5)")
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", "--full-trace")
    assert "request.py" in result.stdout.str()


def test_in_a_fixture_of_the_user(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_model="""
        import pytest

        @pytest.fixture
        def measured(energy):
            return energy.result

        def test_it(measured):
            pass
        """
    )
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E  *MisuseError: energy.result: nothing was measured *"])
    assert "pytest_inferenergy/" not in result.stdout.str()


def test_an_error_between_measurements_shows_only_the_users_code(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        test_model="""
        def model(text, length):
            return text[length]

        def test_it(energy):
            with energy.window():
                energy_of = model("a film", 600)
        """
    )
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *IndexError: string index out of range"])
    assert "pytest_inferenergy" not in result.stdout.str()
