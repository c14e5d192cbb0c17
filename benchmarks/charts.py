"""The charts of the docs, drawn from the results in ``benchmarks/results`` and nothing else.

    python -m benchmarks.charts

Writes ``docs/images/*.svg``. Needs matplotlib, as a library: nothing is shown on a screen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.charting import by_turns, ladder, precision, verdicts
from benchmarks.charting.chart import Chart

ROOT = Path(__file__).parents[1]
RESULTS, IMAGES = ROOT / "benchmarks" / "results", ROOT / "docs" / "images"
CHARTS: dict[str, Callable[[Path], Chart]] = {
    precision.SOURCE: precision.precision_chart,
    verdicts.SOURCE: verdicts.verdicts_chart,
    by_turns.SOURCE: by_turns.by_turns_chart,
    ladder.SOURCE: ladder.ladder_chart,
}
"""Each results file with what makes a chart of it."""


def charts(results: Path) -> list[Chart]:
    """Those whose results are there."""
    return [make(results) for source, make in CHARTS.items() if (results / source).exists()]


def main(arguments: Sequence[str] | None = None) -> int:
    from benchmarks.charting.draw import svg_of

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=Path, default=IMAGES)
    options = parser.parse_args(arguments)
    options.images.mkdir(parents=True, exist_ok=True)
    for chart in charts(options.results):
        path = options.images / f"{chart.name}.svg"
        path.write_text(svg_of(chart), encoding="utf-8", newline="\n")
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
