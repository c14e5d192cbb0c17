"""What a chart shows, as plain data: drawn by `benchmarks.charting.draw`, tested without it."""

from __future__ import annotations

from dataclasses import dataclass

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Axis:
    """An axis with its unit."""

    label: str
    log: bool = False
    ticks: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    """Names of the ticks, from 0 on, where the axis tells things apart and measures nothing."""
    marks: tuple[tuple[float, str], ...] = ()
    """Values that are lines through the whole panel, with their names."""


@dataclass(frozen=True)
class Series:
    """Points of one kind, in the units of the panel's axes."""

    name: str
    points: tuple[tuple[float, float], ...]
    joined: bool = True
    """Whether a line joins the points."""
    bounds: tuple[Bounds, ...] = ()
    """Lower and upper bound of each point's x; ``None``: there is none on that side."""


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    slug: str
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    ours: int = 0
    """So many series, the first, are this plugin's: they have the stronger lines."""


@dataclass(frozen=True)
class Chart:
    """A picture: ``docs/images/<name>.svg``."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    side_by_side: bool = True

    def described(self) -> str:
        """All that is drawn, in words and numbers, for those who cannot see it."""
        return "\n".join(_described(panel) for panel in self.panels)


def _described(panel: Panel) -> str:
    lines = [f"{panel.title}: {panel.y.label or 'which'} against {panel.x.label}."]
    for one in panel.series:
        told = [_point(panel, *point) for point in one.points]
        for index, (low, high) in enumerate(one.bounds):
            told[index] += f" [{_number(low)}, {_number(high)}]"
        lines.append(f"{one.name}: {'; '.join(told)}.")
    return "\n".join(lines)


def _point(panel: Panel, x: float, y: float) -> str:
    if panel.y.names:
        return f"{panel.y.names[int(y)]} {_number(x)}"
    return f"{_number(x)}: {_number(y)}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
