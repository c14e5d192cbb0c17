"""Charts drawn by matplotlib as small SVG files, the same bytes for the same data and version.

Text stays text, the numbers are in the picture's description, and its style sheet knows the dark.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.sax.saxutils import escape

from benchmarks.charting import colours
from benchmarks.charting.chart import Axis, Chart, Panel, Series

SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "inferenergy",
    "font.size": 10,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": colours.INK,
    "axes.labelcolor": colours.INK,
    "axes.titlecolor": colours.INK,
    "axes.edgecolor": colours.INK,
    "xtick.color": colours.INK,
    "ytick.color": colours.INK,
    "figure.facecolor": colours.PAPER,
    "axes.facecolor": colours.PAPER,
    "axes.grid": True,
    "grid.color": colours.FAINT,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}
OPENING = re.compile(r"<svg\b[^>]*>")
PANEL_INCHES = {True: (4.2, 4.2), False: (8.2, 3.6)}
ALONE_INCHES = (8.2, 5.2)
OPEN = 1.0
"""How far an interval without a bound is drawn, in units of x; it ends in an arrow."""


def svg_of(chart: Chart) -> str:
    """The picture's text."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    count = len(chart.panels)
    wide, high = ALONE_INCHES if count == 1 else PANEL_INCHES[chart.side_by_side]
    rows, columns = (1, count) if chart.side_by_side else (count, 1)
    with mpl.rc_context(SETTINGS):
        figure: Any = Figure(figsize=(wide * columns, high * rows), layout="constrained")
        FigureCanvasSVG(figure)
        figure.suptitle(chart.title, fontsize=12, fontweight="bold")
        shared = chart.side_by_side and len({_names(panel) for panel in chart.panels}) == 1
        first = None
        for index, panel in enumerate(chart.panels):
            axes = figure.add_subplot(rows, columns, index + 1, sharey=first if shared else None)
            first = first or axes
            _draw(axes, panel)
            if not shared or index == 0:
                _legend(axes, panel, inside=shared)
        stream = io.StringIO()
        metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(stream, format="svg", metadata=metadata)
    return _finished(stream.getvalue(), chart)


def _names(panel: Panel) -> tuple[str, ...]:
    return tuple(one.name for one in panel.series)


def _draw(axes: Any, panel: Panel) -> None:
    axes.set_title(panel.title)
    for which, told in (("x", panel.x), ("y", panel.y)):
        if told.log:
            axes.set(**{f"{which}scale": "log"})
        _scale(getattr(axes, f"{which}axis"), told)
    for index, one in enumerate(panel.series):
        _series(axes, panel, one, index)
    if panel.y.names:
        axes.set_ylim(len(panel.y.names) - 0.5, -0.5)
    for value, name in panel.x.marks:
        axes.axvline(value, color=colours.INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            name,
            (value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -3),
            textcoords="offset points",
            va="top",
            fontsize=9,
        )


def _series(axes: Any, panel: Panel, one: Series, index: int) -> None:
    crowded = len(panel.series) > len(colours.SERIES) and panel.ours
    colour = colours.SERIES[index % len(colours.SERIES)]
    if crowded and index >= panel.ours:
        colour = colours.GREY
    dash: Any = colours.DASHES[index % len(colours.DASHES)] if one.joined else "none"
    axes.plot(
        *zip(*one.points, strict=True),
        color=colour,
        marker=colours.MARKERS[index % len(colours.MARKERS)],
        linestyle=dash,
        linewidth=2.2 if index < panel.ours else 1.3,
        markersize=6,
        label=one.name,
        gid=identity(panel, index),
    )
    for (x, y), (low, high) in zip(one.points, one.bounds, strict=bool(one.bounds)):
        ends = [x - OPEN if low is None else low, x + OPEN if high is None else high]
        axes.plot(ends, [y, y], color=colour, linewidth=1.3)
        for end, bound, arrow in ((ends[0], low, "<"), (ends[1], high, ">")):
            if bound is None:
                axes.plot([end], [y], color=colour, marker=arrow, markersize=4)


def identity(panel: Panel, index: int) -> str:
    """The id of a series in the picture."""
    return f"{panel.slug}-{index}"


def _scale(axis: Any, told: Axis) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axis.set_label_text(told.label)
    if told.log:
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    ticks = told.ticks or tuple(float(place) for place in range(len(told.names)))
    if ticks:
        axis.set_major_locator(FixedLocator(ticks))
    if told.names:
        axis.set_major_formatter(FuncFormatter(lambda value, _: told.names[int(value)]))


def _legend(axes: Any, panel: Panel, *, inside: bool) -> None:
    look = {"fontsize": 9, "edgecolor": "none", "facecolor": colours.PAPER, "framealpha": 1}
    if inside or len(panel.series) < 4:
        axes.legend(loc="best", **look)
    else:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, **look)


def _finished(svg: str, chart: Chart) -> str:
    """With title, description and style sheet; without what does not belong into a repository."""
    words = (
        f'<title id="title">{escape(chart.title)}</title>\n'
        f'<desc id="desc">{escape(chart.described())}</desc>\n'
        f"<style>{colours.style_sheet()}</style>"
    )
    opening = OPENING.search(svg)
    if opening is None:
        raise ValueError("matplotlib wrote no <svg>")
    tag = opening[0][:-1] + ' role="img" aria-labelledby="title desc">'
    lines = (tag + "\n" + words + svg[opening.end() :]).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"
