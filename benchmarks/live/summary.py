"""From windows and the reference to numbers, and from numbers to Markdown tables."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.live.collect import Phase, Window
from benchmarks.live.truth import Truth
from pytest_inferenergy.measure.aliasing import aliasing_doubt
from pytest_inferenergy.measure.window import Window as Measured
from pytest_inferenergy.meters.base import DeviceState, Reading
from pytest_inferenergy.meters.samples import Samples

STEADY = ("gpu_bound", "host_bound")
OTHERS = ("zeus", "codecarbon")

Errors = dict[str, list[float]]


def rms(values: Iterable[float]) -> float:
    found = np.array(list(values))
    return float(np.sqrt(np.mean(np.square(found)))) if len(found) else math.nan


# -- precision ------------------------------------------------------------------------------------


def precision(phase: Phase) -> list[dict[str, Any]]:
    """For each nominal length: errors of every tool in percent of the window's energy."""
    truth = Truth(phase.recorded)
    rows = []
    for nominal, windows in _by_nominal(phase.windows).items():
        fused = _errors(windows, lambda a, b: truth.energy(a, b).joules)
        alone = _errors(windows, truth.by_counter)
        held_out = [w.held_out for w in windows if w.held_out is not None]
        pairs = (truth.told_anew(phase.recorded, w.start, w.end) for w in windows)
        anew = [pair for pair in pairs if pair is not None]
        rows.append(
            {
                "load": phase.load,
                "nominal_seconds": nominal,
                "windows": len(windows),
                "mean_watts": _mean_watts(windows),
                "rms_percent": {name: rms(errors) for name, errors in fused.items()},
                "max_percent": {name: max(map(abs, errors)) for name, errors in fused.items()},
                "mean_percent": {name: float(np.mean(errors)) for name, errors in fused.items()},
                "stated_percent": rms(100 * w.stderr / w.joules for w in windows),
                "z": _z(windows, truth),
                "reference_percent": rms(
                    100 * truth.energy(w.start, w.end).stderr / w.joules for w in windows
                ),
                "rms_percent_counter_alone": {name: rms(e) for name, e in alone.items()},
                "rms_percent_held_out": rms(100 * (j / true - 1) for j, _, true in held_out),
                "z_held_out": rms((j - true) / error for j, error, true in held_out),
                "rms_percent_anew": rms(100 * (told.joules / true - 1) for told, true in anew),
                "z_anew": rms((told.joules - true) / told.stderr for told, true in anew),
            }
        )
    return rows


def _z(windows: Sequence[Window], truth: Truth) -> float:
    """RMS of our error in units of the standard error we state."""
    return rms((w.joules - truth.energy(w.start, w.end).joules) / w.stderr for w in windows)


def _by_nominal(windows: Sequence[Window]) -> dict[float, list[Window]]:
    found = defaultdict(list)
    for window in windows:
        found[window.nominal].append(window)
    return dict(sorted(found.items()))


def _errors(windows: Sequence[Window], truth: Callable[[float, float], float]) -> Errors:
    """Relative errors in percent; each tool between its own edges."""
    errors: Errors = {"ours": [100 * (w.joules / truth(w.start, w.end) - 1) for w in windows]}
    for name in OTHERS:
        told = [w.others[name] for w in windows if name in w.others]
        if told:
            errors[name] = [100 * (t.joules / truth(t.start, t.end) - 1) for t in told]
    return errors


def _mean_watts(windows: Sequence[Window]) -> float:
    return sum(w.joules for w in windows) / sum(w.end - w.start for w in windows)


# -- bias and bursts ------------------------------------------------------------------------------


def bias(phase: Phase) -> dict[str, Any]:
    """Ours against the counter alone over stretches of 20 s and more, percent."""
    found = [100 * (ours / true - 1) for ours, _, true in phase.long]
    return {
        "load": phase.load,
        "stretches": len(found),
        "mean_percent": float(np.mean(found)) if found else None,
        "worst_percent": max(found, key=abs) if found else None,
    }


def bursts(phase: Phase) -> dict[str, Any]:
    """How the power told varies with the phase, though each phase does the same work."""
    watts = {
        name: {
            number: _power([w for w in phase.windows if w.phase == number], name)
            for number in sorted({w.phase for w in phase.windows if w.phase is not None})
        }
        for name in ("ours", *OTHERS)
        if name == "ours" or all(name in w.others for w in phase.windows)
    }
    mean = float(np.mean(list(watts["ours"].values())))
    single = [w.joules / (w.end - w.start) for w in phase.windows]
    every = Samples.of(phase.recorded.samples).period
    stated = [
        math.hypot(w.stderr, w.joules * _aliasing(w, phase, every)) / (w.end - w.start)
        for w in phase.windows
    ]
    return {
        "load": phase.load,
        "phases": len(watts["ours"]),
        "windows": len(phase.windows),
        "mean_watts": mean,
        "watts": {name: list(found.values()) for name, found in watts.items()},
        "spread_percent": {name: _spread(list(found.values())) for name, found in watts.items()},
        "single_window_percent": 100 * float(np.std(single, ddof=1)) / mean,
        "stated_percent": 100 * rms(stated) / mean,
        "z": rms((w - mean) / e for w, e in zip(single, stated, strict=True)),
    }


def _aliasing(window: Window, phase: Phase, every: float | None) -> float:
    """What a measurement of these calls in this window adds to its standard error, relative.

    Older recordings do not say how busy the device was, nor how often it worked: the load's name
    tells the period.
    """
    seconds = window.end - window.start
    period = float(phase.load.removeprefix("bursts_").removesuffix("ms")) / 1e3
    turns = round(seconds / period) if window.turns is None else window.turns
    state = DeviceState(busy=window.busy)
    told = Reading("gpu", "measured", window.joules, 0.0, "", state, sampled_every=every)
    one = Measured(window.joules, 0.0, seconds, turns, turns, window.start, readings=(told,))
    return aliasing_doubt([one], phase.idle_watts)


def _power(windows: Sequence[Window], name: str) -> float:
    if name == "ours":
        return _mean_watts(windows)
    told = [w.others[name] for w in windows]
    return sum(t.joules for t in told) / sum(t.end - t.start for t in told)


def _spread(values: Sequence[float]) -> float:
    return 100 * float(np.std(values, ddof=1) / np.mean(values)) if len(values) > 1 else math.nan


# -- throughput -----------------------------------------------------------------------------------


def throughput(load: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Loss in percent, from blocks off, on, on, off.

    The mean with its standard error, and the median with its 95 % interval by the sign test: a host
    with neighbours has blocks that are slow for reasons of its own.
    """
    from scipy.stats import quantile_test

    losses = [
        100 * (1 - (row[1] + row[2]) / (row[0] + row[3])) for row in found["rates"] if len(row) == 4
    ]
    interval: Any = quantile_test(losses, q=0, p=0.5).confidence_interval(0.95)
    return {
        "load": load,
        "quads": len(losses),
        "steps_per_second": float(np.mean([(row[0] + row[3]) / 2 for row in found["rates"]])),
        "loss_percent": float(np.mean(losses)),
        "stderr_percent": float(np.std(losses, ddof=1) / math.sqrt(len(losses))),
        "median_loss_percent": float(np.median(losses)),
        "median_interval_percent": [float(interval.low), float(interval.high)],
        "counter_calls_per_second": found["counter_calls"],
    }


# -- goals ----------------------------------------------------------------------------------------


def goals(results: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What the project set itself, what was found, and whether that reaches it."""
    rows: list[tuple[str, str, bool]] = []
    for row in results["precision"]:
        if row["load"] not in STEADY:
            continue
        ours, nominal = row["rms_percent"]["ours"], row["nominal_seconds"]
        place = f"{row['load']}, {nominal:g} s"
        if nominal in (0.5, 1.0, 2.0) and "zeus" in row["rms_percent"]:
            ratio = row["rms_percent"]["zeus"] / ours
            rows.append((f"{place}: RMS error at most 1/5 of Zeus's", f"1/{ratio:.1f}", ratio >= 5))
        limit = {1.0: 0.7, 0.25: 3.0}.get(nominal)
        if limit is not None:
            told = f"{ours:.2f} %"
            rows.append((f"{place}: RMS error at most {limit:g} %", told, ours <= limit))
    for row in results["bias"]:
        if row["mean_percent"] is not None:
            limit = 0.2 if row["load"] in STEADY else 1.0
            found = row["mean_percent"]
            what = f"{row['load']}: bias over 20 s at most {limit:g} %"
            rows.append((what, f"{found:+.3f} %", abs(found) <= limit))
    for row in results["bursts"]:
        what = f"{row['load']}: the standard error covers the spread (RMS z at most 1.5)"
        rows.append((what, f"{row['z']:.2f}", row["z"] <= 1.5))
    for row in results["throughput"]:
        limit = 1.0 if row["load"] == "gpu_bound" else 2.0
        low, high = row["median_interval_percent"]
        told = f"median {row['median_loss_percent']:+.2f} % [{low:+.2f} %, {high:+.2f} %]"
        what = f"{row['load']}: throughput lost at most {limit:g} %"
        rows.append((what, told, high <= limit))
    cost = results["empty_window_seconds"].get("ours")
    if cost is not None:
        rows.append(("an empty window takes at most 1 ms", f"{1e3 * cost:.4f} ms", cost <= 1e-3))
    return rows


# -- tables ---------------------------------------------------------------------------------------


def markdown(results: Mapping[str, Any]) -> str:
    """Everything as one page of Markdown."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Mapping[str, Any]) -> Iterable[str]:
    about = results["about"]
    yield f"# Precision on one {about['device']}"
    yield ""
    yield (
        f"{about['date']}, driver {about['driver']}, power limit {about['power_limit_watts']:g} W, "
        + ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    )
    yield f"Command: `{about['command']}`"
    for name, why in about["missing"].items():
        yield f"Not compared: {name} ({why})"
    for what in results["failed"]:
        yield f"Failed: {what}"
    yield ""
    yield "## Error of a window's mean power (RMS, %)"
    yield ""
    yield "All tools on the same windows, lengths drawn ±20 % around the nominal, at any phase;"
    yield "each judged between the instants at which it read the counter itself. Reference: a"
    yield "process of its own that records all samples and all ticks (ours keeps about each fifth)."
    yield ""
    yield from _table(
        "load", "nominal, s", "windows", "mean W", "Zeus", "codecarbon", "ours", "ours, worst",
        "ours, stated ±", "RMS z", "reference ±", "Zeus / ours",
        rows=(_precision_row(row) for row in results["precision"]),
    )  # fmt: skip
    yield ""
    yield "## The same against the energy counter alone (RMS, %)"
    yield ""
    yield "No samples and none of our code in the reference: straight between all ticks (good where"
    yield "the load is steady), and for ours also from tick to tick, over ticks it did not look at."
    yield "Anew: what the timeline of today makes of each fifth tick and all samples, told for"
    yield "stretches between two of the other ticks; what changed since then shows here."
    yield ""
    yield from _table(
        "load", "nominal, s", "Zeus", "codecarbon", "ours", "ours, held-out ticks", "RMS z there",
        "anew, held-out ticks", "RMS z anew",
        rows=(_counter_row(row) for row in results["precision"]),
    )  # fmt: skip
    yield ""
    yield "## Bias over 20 s and more, against the counter from held-out tick to held-out tick"
    yield ""
    yield from _table(
        "load", "stretches", "mean, %", "worst, %",
        rows=(
            (row["load"], str(row["stretches"]), _signed(row["mean_percent"], 3),
             _signed(row["worst_percent"], 3))
            for row in results["bias"]
        ),
    )  # fmt: skip
    yield ""
    yield "## Bursts of 10 ms at ten phases of their period, windows of whole periods"
    yield ""
    yield "The work is the same at each phase; where the sensor looks only now and then, what it"
    yield "tells is not. Spread: standard deviation over the phases, % of the mean."
    yield ""
    yield from _table(
        "load", "mean W", "spread, Zeus", "spread, codecarbon", "spread, ours",
        "single windows, ours", "stated ±", "RMS z",
        rows=(_burst_row(row) for row in results["bursts"]),
    )  # fmt: skip
    yield ""
    yield "## What measuring costs"
    yield ""
    empty = results["empty_window_seconds"]
    yield from _table(
        "", "ours", "Zeus", "codecarbon",
        rows=[("an empty window, ms of the caller",
               *(_number(1e3 * empty[n] if n in empty else None, 4) for n in ("ours", *OTHERS)))],
    )  # fmt: skip
    yield ""
    yield from results["asides"]
    yield ""
    yield from _table(
        "load", "calls of the work a second", "lost with our meter, %", "median [95 %]", "blocks",
        "our counter calls a second",
        rows=(
            (row["load"], f"{row['steps_per_second']:.1f}",
             f"{row['loss_percent']:+.2f} ± {row['stderr_percent']:.2f}",
             "{:+.2f} [{:+.2f}, {:+.2f}]".format(
                 row["median_loss_percent"], *row["median_interval_percent"]),
             f"4 x {row['quads']}",
             f"{row['counter_calls_per_second']:.0f}")
            for row in results["throughput"]
        ),
    )  # fmt: skip
    yield ""
    yield "## Goals"
    yield ""
    yield from _table(
        "goal", "found", "reached",
        rows=((what, found, "yes" if good else "**no**") for what, found, good in goals(results)),
    )  # fmt: skip


def _precision_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    errors = row["rms_percent"]
    ratio = errors["zeus"] / errors["ours"] if "zeus" in errors else None
    return (
        row["load"], f"{row['nominal_seconds']:g}", str(row["windows"]),
        f"{row['mean_watts']:.0f}", *(_number(errors.get(name), 2) for name in OTHERS),
        _number(errors["ours"], 2), _number(row["max_percent"]["ours"], 2),
        _number(row["stated_percent"], 2), _number(row["z"], 2),
        _number(row["reference_percent"], 2), _number(ratio, 1),
    )  # fmt: skip


def _counter_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    errors = row["rms_percent_counter_alone"]
    return (
        row["load"], f"{row['nominal_seconds']:g}",
        *(_number(errors.get(name), 2) for name in (*OTHERS, "ours")),
        _number(row["rms_percent_held_out"], 2), _number(row["z_held_out"], 2),
        _number(row["rms_percent_anew"], 2), _number(row["z_anew"], 2),
    )  # fmt: skip


def _burst_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    spread = row["spread_percent"]
    return (
        row["load"], f"{row['mean_watts']:.0f}",
        *(_number(spread.get(name), 2) for name in (*OTHERS, "ours")),
        _number(row["single_window_percent"], 2), _number(row["stated_percent"], 2),
        _number(row["z"], 2),
    )  # fmt: skip


def _table(*heads: str, rows: Iterable[Sequence[str]]) -> Iterable[str]:
    rule = ["---"] * len(heads)
    for row in itertools.chain([heads, rule], rows):
        yield "| " + " | ".join(row) + " |"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float | None, digits: int) -> str:
    return "" if value is None or math.isnan(value) else f"{value:+.{digits}f}"
