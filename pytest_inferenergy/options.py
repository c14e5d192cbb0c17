"""Command line and ini keys, read once into one frozen `Settings`.

A marker stands between them: command line > marker > ini > default for the gate, marker > command
line > ini > default for the rest (`Settings.for_test`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

from pytest_inferenergy.errors import CarbonError, MisuseError, TraceError, UnitError

if TYPE_CHECKING:
    from pytest_inferenergy.carbon import Carbon
    from pytest_inferenergy.comparing.git import Revision
    from pytest_inferenergy.equivalents import Equivalent
    from pytest_inferenergy.marker_values import EnergyMarker

Gate = Literal["fail", "warn", "off"]
GATES = ("fail", "warn", "off")
METERS = ("auto", "nvml", "rapl", "codecarbon", "zeus", "replay:FILE", "prometheus:URL")
COMPONENTS = ("gpu", "cpu", "ram")


class Settings:
    """Everything a user can set, frozen. Percentages are kept as fractions.

    A plain class: it is made at every start of pytest, and a dataclass of so many fields would take
    a third of all the time the plugin adds there.
    """

    report: bool = False
    """Print the table at the end of the run."""
    json: Path | None = None
    """Write the results here."""
    csv: Path | None = None
    """Write them here as CSV."""
    markdown: Path | None = None
    """Write them here as Markdown."""
    html: Path | None = None
    """Write them here as a page."""
    update: bool = False
    """Let `new` and `passed` runs join the baselines."""
    accept: bool = False
    """As update, and let changed tests begin a new list."""
    prune: bool = False
    """Delete the baselines of tests that no longer exist."""
    baselines: Path = Path("energy_baselines")
    """Folder of the baseline files, absolute after `read_settings`."""
    against: Revision | None = None
    """The revision to compare with, by turns in this run."""
    against_python: Path | None = None
    """The Python that runs the tests of that revision; `None`: this one."""
    gate: Gate = "fail"
    """What a regression does."""
    tolerance: float = 0.05
    """The non-inferiority margin, as a fraction."""
    must_detect: float | None = None
    """The change from which on a test must not pass, as a fraction; `None`: twice the tolerance."""
    strict: bool = False
    """Fail also where nothing could be told."""
    model: str | None = None
    """The one model to measure, instead of tests."""
    task: str | None = None
    """The task of that model."""
    meter: str = "auto"
    """Name of the meter."""
    prometheus: str | None = None
    """What to ask Prometheus for: a selector and its unit; `None`: DCGM exporter's counters."""
    components: tuple[str, ...] | None = None
    """What the figure adds up; `None`: the GPU where one is measured, else what there is."""
    max_seconds: float = 30.0
    """Time for measuring one test, seconds."""
    session_seconds: float | None = None
    """Time for measuring all tests, seconds."""
    carbon: Carbon | None = None
    """The intensity of electricity; `None`: no grams of CO2 are shown."""
    equivalents: tuple[Equivalent, ...] = ()
    """What the energy is compared with in the report."""
    disable: bool = False
    """Run the bodies once, unmeasured."""
    gate_from_command_line: bool = False
    """Whether the gate was given on the command line, where it overrides markers."""

    def __init__(self, **given: Any) -> None:
        unknown = given.keys() - Settings.__annotations__.keys()
        if unknown:
            raise TypeError(f"there is no setting {', '.join(sorted(unknown))}")
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings are frozen: {name}")

    @property
    def margins(self) -> tuple[float, float]:
        """Tolerance and must_detect, as fractions."""
        return self.tolerance, 2 * self.tolerance if self.must_detect is None else self.must_detect

    def for_test(self, marker: EnergyMarker) -> Settings:
        """These settings with what a test's marker says."""
        changes: dict[str, Any] = {}
        tolerance = self.tolerance if marker.tolerance is None else marker.tolerance / 100
        must_detect = self.must_detect
        if marker.must_detect is not None:
            must_detect = marker.must_detect / 100
        elif must_detect is not None and must_detect <= tolerance:
            must_detect = None  # a wider tolerance of the test's own moves both margins
        if must_detect is not None and must_detect <= tolerance:
            raise MisuseError(
                f"must_detect={100 * must_detect:g} has to be greater than the tolerance, "
                f"{100 * tolerance:g} percent"
            )
        changes.update(tolerance=tolerance, must_detect=must_detect)
        if marker.max_seconds is not None:
            changes["max_seconds"] = marker.max_seconds
        if marker.gate is not None and not self.gate_from_command_line:
            changes["gate"] = marker.gate
        return Settings(**(vars(self) | changes))


class _Option:
    """One option: its flag, its ini key's type (``None``: command line only) and its help.

    A plain class, since it is made at every start of pytest and a dataclass takes its time.
    """

    def __init__(
        self,
        name: str,
        help_text: str,
        ini: Literal["string", "bool", "float", "args"] | None = None,
        metavar: str | None = None,
        *,
        flag: bool = False,
    ) -> None:
        self.name, self.help, self.ini = name, help_text, ini
        self.metavar, self.flag = metavar, flag


OPTIONS = (
    _Option("report", "print a table of the energy measured at the end of the run", "bool",
            flag=True),
    _Option("json", "write the results to PATH as JSON", metavar="PATH"),
    _Option("csv", "write the results to PATH as CSV, one row a measurement", metavar="PATH"),
    _Option("markdown", "write the results to PATH as Markdown; under GitHub Actions the step's "
            "summary gets them anyway", metavar="PATH"),
    _Option("html", "write the results to PATH as one page that opens offline (needs "
            "pytest-inferenergy[html])", metavar="PATH"),
    _Option("update", "add the runs of new and passed tests to the stored baselines", flag=True),
    _Option("accept", "accept the present level: as --energy-update, and a changed test begins a "
            "new list of runs and does not fail", flag=True),
    _Option("prune", "delete baselines of tests that no longer exist (full collection only)",
            flag=True),
    _Option("baselines", "folder of the baselines (default: energy_baselines in the rootdir)",
            "string", "DIR"),
    _Option("against", "compare with the same tests at the git revision REF, both taking turns in "
            "this run", metavar="REF"),
    _Option("against_python", "run the tests of that revision with the Python at PATH "
            "(default: this one)", metavar="PATH"),
    _Option("gate", "what a regression does: fail (default), warn or off", "string",
            "{fail,warn,off}"),
    _Option("tolerance", "a change up to PCT percent never fails (default: 5)", "float", "PCT"),
    _Option("must_detect", "a change from PCT percent on never passes (default: twice the "
            "tolerance)", "float", "PCT"),
    _Option("strict", "fail also without a baseline, when inconclusive, when only estimated and "
            "when nothing was measured", "bool", flag=True),
    _Option("model", "measure one model and run no tests: an id of the hub, a local folder, or "
            "random:NAME for an architecture with random weights", metavar="ID"),
    _Option("task", "the task of that model, such as text-generation", metavar="TASK"),
    _Option("meter", f"source of energy: {', '.join(METERS)} (default: auto)", "string", "NAME"),
    _Option("max_seconds", "time for measuring one test, seconds (default: 30)", "float", "S"),
    _Option("session_seconds", "time for measuring all tests, seconds (default: no limit)",
            "float", "S"),
    _Option("carbon", "show grams of CO2 equivalent: by a country's electricity (three-letter "
            "code), or so many grams per kWh", "string", "ISO3|GRAMS"),
    _Option("disable", "run energy tests once, unmeasured", "bool", flag=True),
)  # fmt: skip


def add_options(parser: pytest.Parser) -> None:
    """Declare the command line and the ini keys."""
    group = parser.getgroup("inferenergy", "energy of inference")
    for option in OPTIONS:
        flag = "--energy-" + option.name.replace("_", "-")
        if option.flag:
            group.addoption(
                flag, dest=f"energy_{option.name}", action="store_true", default=None,
                help=option.help,
            )  # fmt: skip
        else:
            group.addoption(
                flag, dest=f"energy_{option.name}", default=None, metavar=option.metavar,
                help=option.help,
            )  # fmt: skip
        if option.ini is not None:
            parser.addini(f"energy_{option.name}", option.help, type=option.ini, default=None)
    parser.addini(
        "energy_components",
        "what the figure adds up, of gpu, cpu and ram (default: gpu where one is measured)",
        type="args",
        default=None,
    )
    parser.addini(
        "energy_prometheus",
        "what the meter prometheus reads: a PromQL selector and its unit, such as "
        'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{namespace="prod"} mJ (default: DCGM exporter)',
        type="string",
        default=None,
    )
    parser.addini(
        "energy_equivalents",
        "what the report compares the energy with, one a line: smartphone-charge, gaming-hour, "
        "web-search, litre-boiled, or your own as 'name = 0.012 kWh' or 'name = 350 W' for an hour",
        type="linelist",
        default=None,
    )


def read_settings(config: pytest.Config) -> Settings:
    """Validate all options; raises ``pytest.UsageError`` (exit code 4) that names the option."""
    given: dict[str, Any] = {}
    for option in OPTIONS:
        origin, value = _given(config, option)
        if value is not None:
            given[option.name] = _VALIDATE.get(option.name, _as_is)(origin, value)
    given["components"] = _components(_ini(config, "energy_components"))
    given["prometheus"] = _prometheus(_ini(config, "energy_prometheus"))
    given["equivalents"] = _equivalents(_ini(config, "energy_equivalents"))
    given["gate_from_command_line"] = config.getoption("energy_gate") is not None
    folder = config.rootpath / given.get("baselines", "energy_baselines")
    if config.getoption("energy_baselines") is not None:
        folder = config.invocation_params.dir / given["baselines"]
    given["baselines"] = folder
    for kind in {"json", "csv", "markdown", "html"} & given.keys():
        given[kind] = config.invocation_params.dir / given[kind]
    if "model" in given or "task" in given:
        from pytest_inferenergy.model_item import check_model

        check_model(config, given)
    if "against" in given or "against_python" in given:
        from pytest_inferenergy.against_plugin import check_against

        given |= check_against(config, given)
    settings = Settings(**given)
    tolerance, must_detect = settings.margins
    if must_detect <= tolerance:
        raise pytest.UsageError(
            f"--energy-must-detect (energy_must_detect) is {100 * must_detect:g} % but has to be "
            f"greater than the tolerance, {100 * tolerance:g} %"
        )
    if settings.disable and (settings.update or settings.accept):
        raise pytest.UsageError(
            "--energy-disable measures nothing, so --energy-update and --energy-accept have "
            "nothing to write: give one of them only"
        )
    if settings.prune:
        _check_prune(config)
    return settings


def _check_prune(config: pytest.Config) -> None:
    """Pruning needs to see every test that exists."""
    narrowed = any(config.getoption(name, None) for name in ("keyword", "markexpr", "lf"))
    by_path = config.args_source is pytest.Config.ArgsSource.ARGS
    if narrowed or (by_path and set(config.args) != set(config.getini("testpaths"))):
        raise pytest.UsageError(
            "--energy-prune deletes the baselines of tests it does not see, so all tests have to "
            "be collected: leave out -k, -m, --lf and paths"
        )


def as_data(settings: Settings) -> dict[str, Any]:
    """The settings as builtin types, for the JSON results."""
    values = ((name, getattr(settings, name)) for name in Settings.__annotations__)
    data = {name: str(value) if isinstance(value, Path) else value for name, value in values}
    data["against"] = None if settings.against is None else settings.against.title
    data["carbon"] = None if settings.carbon is None else settings.carbon.given
    data["equivalents"] = [equivalent.as_data() for equivalent in settings.equivalents]
    return data


def _given(config: pytest.Config, option: _Option) -> tuple[str, Any]:
    """Where a value was given, in words, and the value; ``None`` where it was not."""
    flag = "--energy-" + option.name.replace("_", "-")
    value = config.getoption(f"energy_{option.name}")
    if value is not None or option.ini is None:
        return flag, value
    key = f"energy_{option.name}"
    return f"ini key {key}", _ini(config, key)


def _ini(config: pytest.Config, key: str) -> Any:
    try:
        return config.getini(key)
    except (ValueError, TypeError, pytest.UsageError) as error:  # by version of pytest
        raise pytest.UsageError(f"ini key {key}: {error}") from None


def _as_is(_origin: str, value: Any) -> Any:
    return value


def _gate(origin: str, value: str) -> str:
    if value not in GATES:
        raise pytest.UsageError(f"{origin}: unknown gate {value!r}: give fail, warn or off")
    return value


def _number(origin: str, value: Any) -> float:
    try:
        number = float(value)
    except ValueError:
        raise pytest.UsageError(f"{origin}: {value!r} is not a number") from None
    if not math.isfinite(number):
        raise pytest.UsageError(f"{origin}: {value!r} is not a finite number")
    return number


def _percent(origin: str, value: Any) -> float:
    number = _number(origin, value)
    if not 0 <= number <= 1000:
        raise pytest.UsageError(f"{origin}: {number:g} must be a percentage from 0 to 1000")
    return number / 100


def _positive_percent(origin: str, value: Any) -> float:
    fraction = _percent(origin, value)
    if fraction <= 0:
        raise pytest.UsageError(f"{origin}: must be greater than 0 percent")
    return fraction


def _seconds(origin: str, value: Any) -> float:
    number = _number(origin, value)
    if number <= 0:
        raise pytest.UsageError(f"{origin}: {number:g} must be a positive number of seconds")
    return number


def _meter(origin: str, value: str) -> str:
    name, _, argument = value.partition(":")
    if name == "replay":
        path = Path(argument)
        if not argument or not path.is_file():
            raise pytest.UsageError(
                f"{origin}: replay:FILE needs a recorded trace, there is no file {argument!r}"
            )
        from pytest_inferenergy.meters.trace import read_trace

        try:
            read_trace(path)
        except TraceError as error:
            raise pytest.UsageError(f"{origin}: {error}") from None
        return f"replay:{path.absolute()}"
    if name == "prometheus":
        from pytest_inferenergy.meters.prometheus_source import check_url

        try:
            return f"prometheus:{check_url(argument)}"
        except ValueError as error:
            raise pytest.UsageError(f"{origin}: {error}") from None
    if value not in METERS:
        # only the name, since what follows could be a URL with a password
        raise pytest.UsageError(
            f"{origin}: unknown meter {name!r}: give one of {', '.join(METERS)}"
        )
    return value


def _carbon(origin: str, value: str) -> Carbon:
    from pytest_inferenergy.carbon import parse_carbon

    try:
        return parse_carbon(value)
    except CarbonError as error:
        raise pytest.UsageError(f"{origin}: {error}") from None


def _prometheus(value: str | None) -> str | None:
    if not value:
        return None
    from pytest_inferenergy.meters.prometheus_source import parse_source

    try:
        parse_source(value)
    except ValueError as error:
        raise pytest.UsageError(f"ini key energy_prometheus: {error}") from None
    return value


def _equivalents(value: Sequence[str] | None) -> tuple[Equivalent, ...]:
    if not value:
        return ()
    from pytest_inferenergy.equivalents import parse_equivalents

    try:
        return parse_equivalents(value)
    except UnitError as error:
        raise pytest.UsageError(f"ini key energy_equivalents: {error}") from None


def _text(origin: str, value: str) -> str:
    if not value:
        raise pytest.UsageError(f"{origin}: must not be empty")
    return value


def _html(origin: str, value: str) -> str:
    from pytest_inferenergy.reporting.html.extra import missing_extra

    missing = missing_extra()
    if missing is not None:
        raise pytest.UsageError(f"{origin} {missing}")
    return _text(origin, value)


def _components(value: Sequence[str] | None) -> tuple[str, ...] | None:
    if not value:
        return None
    chosen = tuple(dict.fromkeys(part for item in value for part in item.split(",") if part))
    unknown = [name for name in chosen if name not in COMPONENTS]
    if unknown or not chosen:
        problem = f"unknown component {unknown[0]!r}" if unknown else "names no component"
        raise pytest.UsageError(
            f"ini key energy_components: {problem}: give some of {', '.join(COMPONENTS)}"
        )
    return chosen


_VALIDATE: dict[str, Any] = {
    "gate": _gate,
    "tolerance": _percent,
    "must_detect": _positive_percent,
    "max_seconds": _seconds,
    "session_seconds": _seconds,
    "meter": _meter,
    "carbon": _carbon,
    "baselines": _text,
    "json": _text,
    "csv": _text,
    "markdown": _text,
    "html": _html,
}
