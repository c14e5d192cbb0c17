"""A bad value is a usage error that names where it was given, never a traceback."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.integration.conftest import USUAL
from tests.nvml.curve import TRACES

pytestmark = pytest.mark.every_python

WRONG = [
    (
        "meter",
        "nvlm",
        "unknown meter 'nvlm': give one of auto, nvml, rapl, codecarbon, zeus, replay:FILE, "
        "prometheus:URL",
    ),
    ("meter", "replay:", "replay:FILE needs a recorded trace, there is no file ''"),
    ("meter", "replay:no.json", "replay:FILE needs a recorded trace, there is no file 'no.json'"),
    ("gate", "maybe", "unknown gate 'maybe': give fail, warn or off"),
    ("tolerance", "-1", "-1 must be a percentage from 0 to 1000"),
    ("tolerance", "nan", "*nan* is not a finite number"),
    ("tolerance", "inf", "*inf* is not a finite number"),
    ("must_detect", "0", "must be greater than 0 percent"),
    ("must_detect", "1e9", "1e+09 must be a percentage from 0 to 1000"),
    ("must_detect", "3", "*is 3 % but has to be greater than the tolerance, 5 %"),
    ("must_detect", "5", "*is 5 % but has to be greater than the tolerance, 5 %"),
    ("max_seconds", "0", "0 must be a positive number of seconds"),
    ("max_seconds", "-3", "-3 must be a positive number of seconds"),
    ("session_seconds", "nan", "*nan* is not a finite number"),
    ("carbon", "FRE", "*the table has no 'FRE'; near are FRA (France), *"),
    ("carbon", "0", "grams of CO2eq per kWh must be more than 0 and at most 10000, got 0;*"),
]


def assert_usage_error(result: pytest.RunResult, *lines: str) -> None:
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {line}" for line in lines])
    for output in (result.stdout.str(), result.stderr.str()):
        assert "Traceback" not in output
        assert "INTERNALERROR" not in output


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_on_the_command_line(
    pytester: pytest.Pytester, name: str, value: str, message: str
) -> None:
    flag = "--energy-" + name.replace("_", "-")
    assert_usage_error(pytester.runpytest_inprocess(*USUAL, f"{flag}={value}"), f"{flag}*{message}")


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_in_the_ini(pytester: pytest.Pytester, name: str, value: str, message: str) -> None:
    pytester.makeini(f"[pytest]\nenergy_{name} = {value}")
    assert_usage_error(pytester.runpytest_inprocess(*USUAL), f"*energy_{name}*{message}")


@pytest.mark.parametrize("option", ["--energy-tolerance", "--energy-max-seconds"])
def test_a_number_that_is_none(pytester: pytest.Pytester, option: str) -> None:
    result = pytester.runpytest_inprocess(*USUAL, f"{option}=much")
    assert_usage_error(result, f"{option}: 'much' is not a number")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("energy_tolerance = much", "ini key energy_tolerance: *much*"),
        ("energy_report = perhaps", "ini key energy_report: *perhaps*"),
        ("energy_components = gpu disk", "ini key energy_components: unknown component 'disk'*"),
        ("energy_components = ,", "ini key energy_components: names no component: *"),
    ],
)
def test_an_ini_value_of_the_wrong_type(pytester: pytest.Pytester, line: str, message: str) -> None:
    pytester.makeini(f"[pytest]\n{line}")
    assert_usage_error(pytester.runpytest_inprocess(*USUAL), message)


@pytest.mark.parametrize("option", ["--energy-baselines=", "--energy-json="])
def test_an_empty_path(pytester: pytest.Pytester, option: str) -> None:
    assert_usage_error(
        pytester.runpytest_inprocess(*USUAL, option), f"{option[:-1]}: must not be empty"
    )


@pytest.mark.parametrize("option", ["--energy-update", "--energy-accept"])
def test_disable_leaves_nothing_to_store(pytester: pytest.Pytester, option: str) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--energy-disable", option)
    assert_usage_error(result, "--energy-disable measures nothing, so *")


def test_margins_that_come_from_two_places_are_checked_together(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nenergy_must_detect = 8")
    assert pytester.runpytest_inprocess(*USUAL).ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert_usage_error(
        pytester.runpytest_inprocess(*USUAL, "--energy-tolerance=9"), "*must_detect*8 %*9 %"
    )


def square_wave() -> dict[str, object]:
    with gzip.open(TRACES / "square_wave.json.gz") as file:
        trace: dict[str, object] = json.load(file)
        return trace


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "*"),
        (b"{", "*"),
        (b"\x1f\x8b\x08 no gzip", "cannot read the trace*"),
        (b"[]", "*expected a JSON object"),
        (json.dumps(square_wave() | {"energy_counter": []}).encode(), "*at least two ticks"),
        (json.dumps(square_wave() | {"power_samples": [[0, "1"]]}).encode(), "*power_samples*"),
        (b"\xff\xfe\x00", "*"),
    ],
)
def test_a_replay_file_that_is_no_trace(
    pytester: pytest.Pytester, content: bytes, message: str
) -> None:
    (pytester.path / "trace.json").write_bytes(content)
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=replay:trace.json")
    assert_usage_error(result, f"--energy-meter: {message}")
    result.stderr.fnmatch_lines(["*trace.json*"])


def test_a_folder_is_no_replay_file(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--energy-meter=replay:.")
    assert_usage_error(result, "--energy-meter: replay:FILE needs a recorded trace*")


def test_a_path_for_the_results_that_cannot_be_written_fails_the_run(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("def test_it():\n    pass")
    (pytester.path / "a_file").touch()
    for path in (".", "a_file/results.json"):
        result = pytester.runpytest_inprocess(*USUAL, f"--energy-json={path}")
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        result.stdout.fnmatch_lines(["energy: ERROR: --energy-json: cannot write *"])


def test_a_folder_of_baselines_that_is_a_file_fails_the_gate(pytester: pytest.Pytester) -> None:
    (pytester.path / "a_file").touch()
    pytester.makepyfile("""
        import time
        def test_it(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    trace = TRACES / "steady_resnet50_b64.json.gz"
    result = pytester.runpytest_inprocess(
        *USUAL, f"--energy-meter=replay:{trace}", "--energy-update", "--energy-baselines=a_file"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy was not gated: *a_file*: cannot be read: Not a directory"])
    assert "Traceback" not in result.stdout.str()
