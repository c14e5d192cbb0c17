"""What a user can set, as one frozen object, and as plain data for the results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from pytest_inferenergy.errors import MisuseError

if TYPE_CHECKING:
    from pytest_inferenergy.carbon.equivalents import Equivalent
    from pytest_inferenergy.carbon.grams import Carbon
    from pytest_inferenergy.git import Revision
    from pytest_inferenergy.marker_values import EnergyMarker

Gate = Literal["fail", "warn", "off"]
METERS = ("auto", "nvml", "rapl", "codecarbon", "zeus", "replay:FILE", "prometheus:URL")


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
    ignore_pace: bool = False
    """Gate host-bound work by its energy at the baseline's pace alone, as the marker says."""
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
        changes.update(
            tolerance=tolerance, must_detect=must_detect, ignore_pace=marker.pace == "ignore"
        )
        if marker.max_seconds is not None:
            changes["max_seconds"] = marker.max_seconds
        if marker.gate is not None and not self.gate_from_command_line:
            changes["gate"] = marker.gate
        return Settings(**(vars(self) | changes))


def as_data(settings: Settings, root: Path) -> dict[str, Any]:
    """The settings as builtin types, for the JSON results; paths within ``root`` from there on."""
    values = ((name, getattr(settings, name)) for name in Settings.__annotations__)
    data = {name: told(value, root) if isinstance(value, Path) else value for name, value in values}
    kind, _, file = settings.meter.partition(":")
    if kind == "replay":
        data["meter"] = f"replay:{told(Path(file), root)}"
    data["against"] = None if settings.against is None else settings.against.title
    data["carbon"] = None if settings.carbon is None else settings.carbon.given
    data["equivalents"] = [equivalent.as_data() for equivalent in settings.equivalents]
    return data


def told(path: Path, root: Path) -> str:
    """A path as results tell it: within ``root`` from there on, so that they fit any machine."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
