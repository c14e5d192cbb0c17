"""Every option and every ini key, in each file that pytest reads its configuration from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_inferenergy.carbon.equivalents import BUILT_IN
from tests.integration.conftest import USUAL
from tests.nvml.curve import TRACES

pytestmark = pytest.mark.every_python

TRACE = TRACES / "square_wave.json.gz"
NATIVE = pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9 brought [tool.pytest]")

OPTIONS = [
    ("--energy-report", "report", True),
    ("--energy-update", "update", True),
    ("--energy-accept", "accept", True),
    ("--energy-prune", "prune", True),
    ("--energy-gate=warn", "gate", "warn"),
    ("--energy-gate=off", "gate", "off"),
    ("--energy-tolerance=2.5", "tolerance", 0.025),
    ("--energy-must-detect=30", "must_detect", 0.3),
    ("--energy-strict", "strict", True),
    ("--energy-meter=rapl", "meter", "rapl"),
    (f"--energy-meter=replay:{TRACE}", "meter", f"replay:{TRACE}"),
    ("--energy-max-seconds=7.5", "max_seconds", 7.5),
    ("--energy-session-seconds=600", "session_seconds", 600.0),
    ("--energy-carbon=fra", "carbon", "FRA"),
    ("--energy-carbon=56.5", "carbon", "56.5"),
    ("--energy-disable", "disable", True),
]
KEYS: list[tuple[str, Any, str, Any]] = [
    ("energy_report", True, "report", True),
    ("energy_gate", "warn", "gate", "warn"),
    ("energy_tolerance", 2.5, "tolerance", 0.025),
    ("energy_must_detect", 30.0, "must_detect", 0.3),
    ("energy_strict", True, "strict", True),
    ("energy_meter", "codecarbon", "meter", "codecarbon"),
    ("energy_max_seconds", 7.5, "max_seconds", 7.5),
    ("energy_session_seconds", 600.0, "session_seconds", 600.0),
    ("energy_disable", True, "disable", True),
    ("energy_components", ["gpu", "cpu"], "components", ["gpu", "cpu"]),
    ("energy_carbon", "POL", "carbon", "POL"),
    (
        "energy_equivalents",
        ["web-search", "gaming-hour"],
        "equivalents",
        [BUILT_IN[name].as_data() for name in ("web-search", "gaming-hour")],
    ),
]
DEFAULTS = {
    "report": False,
    "update": False,
    "accept": False,
    "prune": False,
    "gate": "fail",
    "tolerance": 0.05,
    "must_detect": None,
    "strict": False,
    "meter": "auto",
    "components": None,
    "carbon": None,
    "equivalents": [],
    "max_seconds": 30.0,
    "session_seconds": None,
    "disable": False,
}


def configure(pytester: pytest.Pytester, place: str, key: str, value: Any) -> None:
    """Write one key where a user may write it, as one would there."""
    plain = " ".join(value) if isinstance(value, list) else str(value).lower()
    toml = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
    texts = {
        "pytest.ini": f"[pytest]\n{key} = {plain}\n",
        "tox.ini": f"[pytest]\n{key} = {plain}\n",
        "ini_options": f"[tool.pytest.ini_options]\n{key} = {toml}\n",
        "tool.pytest": f"[tool.pytest]\n{key} = {toml}\n",
    }
    # strings do for all types in the old table
    texts["ini_options in words"] = f'[tool.pytest.ini_options]\n{key} = "{plain}"\n'
    name = place if place.endswith(".ini") else "pyproject.toml"
    (pytester.path / name).write_text(texts[place])


def settings(pytester: pytest.Pytester, *options: str) -> dict[str, Any]:
    """What a run with these options takes for settings."""
    result = pytester.runpytest_inprocess(*USUAL, *options)
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, 1)
    found: dict[str, Any] = json.loads((pytester.path / "results.json").read_text())["settings"]
    return found


def test_defaults(pytester: pytest.Pytester) -> None:
    found = settings(pytester)
    assert {name: found[name] for name in DEFAULTS} == DEFAULTS
    assert found["baselines"] == "energy_baselines"


@pytest.mark.parametrize(("option", "name", "value"), OPTIONS)
def test_each_option_on_the_command_line(
    pytester: pytest.Pytester, option: str, name: str, value: object
) -> None:
    assert settings(pytester, option)[name] == value


@pytest.mark.parametrize(
    "place",
    [
        "pytest.ini",
        "tox.ini",
        "ini_options",
        "ini_options in words",
        pytest.param("tool.pytest", marks=NATIVE),
    ],
)
@pytest.mark.parametrize(("key", "value", "name", "expected"), KEYS)
def test_each_ini_key(
    pytester: pytest.Pytester, place: str, key: str, value: object, name: str, expected: object
) -> None:
    configure(pytester, place, key, value)
    assert settings(pytester)[name] == expected


@NATIVE
def test_the_native_table_takes_whole_numbers(pytester: pytest.Pytester) -> None:
    configure(pytester, "tool.pytest", "energy_tolerance", 2)
    assert settings(pytester)["tolerance"] == 0.02


@NATIVE
def test_a_wrong_type_in_the_native_table_is_a_usage_error(pytester: pytest.Pytester) -> None:
    configure(pytester, "tool.pytest", "energy_tolerance", "2")
    result = pytester.runpytest_inprocess(*USUAL)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *energy_tolerance*float*"])


@pytest.mark.parametrize("text", ["gpu cpu", "gpu,cpu", "gpu, cpu", "gpu cpu gpu"])
def test_components_may_be_written_in_several_ways(pytester: pytest.Pytester, text: str) -> None:
    configure(pytester, "pytest.ini", "energy_components", text)
    assert settings(pytester)["components"] == ["gpu", "cpu"]


def test_the_folder_of_baselines_is_relative_to_where_it_is_written(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(pytester, "pytest.ini", "energy_baselines", "of/this/project")
    below = pytester.mkdir("below")
    monkeypatch.chdir(below)
    pytester.runpytest_inprocess(*USUAL)

    def folder() -> str:
        return str(json.loads((below / "results.json").read_text())["settings"]["baselines"])

    assert folder() == "of/this/project"
    pytester.runpytest_inprocess(*USUAL, "--energy-baselines=here")
    assert folder() == "below/here"
    elsewhere = pytester.path.parent / "elsewhere"
    pytester.runpytest_inprocess(*USUAL, f"--energy-baselines={elsewhere}")
    assert folder() == str(elsewhere)


def test_the_results_tell_nothing_of_where_the_project_lies(pytester: pytest.Pytester) -> None:
    trace = pytester.path / "trace.json.gz"
    trace.write_bytes(TRACE.read_bytes())
    found = settings(pytester, f"--energy-meter=replay:{trace}", "--energy-csv=out/rows.csv")
    assert found["meter"] == "replay:trace.json.gz"
    assert found["csv"] == "out/rows.csv"
    assert str(pytester.path) not in str(found)


@pytest.mark.parametrize(
    ("option", "ini", "name", "value"),
    [
        ("--energy-gate=off", ("energy_gate", "warn"), "gate", "off"),
        ("--energy-tolerance=3", ("energy_tolerance", 2.5), "tolerance", 0.03),
        ("--energy-meter=rapl", ("energy_meter", "codecarbon"), "meter", "rapl"),
        ("--energy-carbon=56", ("energy_carbon", "FRA"), "carbon", "56"),
        ("--energy-max-seconds=5", ("energy_max_seconds", 7.5), "max_seconds", 5.0),
    ],
)
def test_the_command_line_goes_before_the_ini(
    pytester: pytest.Pytester, option: str, ini: tuple[str, Any], name: str, value: object
) -> None:
    configure(pytester, "pytest.ini", *ini)
    assert settings(pytester, option)[name] == value


def test_help_lists_every_option_and_key(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--help")
    text = result.stdout.str()
    for option, _, _ in OPTIONS:
        assert option.partition("=")[0] in text
    for key, *_ in KEYS:
        assert key in text


def test_markers_are_listed_with_their_signatures(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--markers")
    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.energy(inferences=1, [*], name=None, tolerance=None, must_detect=None, "
            "max_seconds=None, gate=None, task=None, pace=None): Measure the energy of this test.*",
            "@pytest.mark.energy_budget(limit, per=1000): Fail the test when it needs more*",
        ]
    )


def test_the_fixture_is_listed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*USUAL, "--fixtures", "-v")
    result.stdout.fnmatch_lines(["energy -- *", "*Measure the energy of inference*"])


def test_strict_markers_know_ours(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.energy(inferences=2)
        @pytest.mark.energy_budget("2.3 Wh")
        def test_it(energy):
            pass
    """)
    result = pytester.runpytest_inprocess(
        *USUAL, "--strict-markers", "--energy-disable", "-W", "error"
    )
    assert result.ret == pytest.ExitCode.OK
