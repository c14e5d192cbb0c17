"""How precise windows are on a real GPU: this project's meter, Zeus and codecarbon side by side.

    python -m benchmarks.precision --output benchmarks/results

Takes about seven minutes on an NVIDIA GPU with torch, transformers, numpy, scipy and nvidia-ml-py;
zeus and codecarbon are compared where they are installed. ``--scale 0.25`` takes fewer windows,
``--only`` some of the parts. Writes ``precision_<device>.json`` and ``.md``, and the recording
itself beside them, from which ``--again FILE`` makes the tables anew.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.live import summary
from benchmarks.live.collect import Collector, Phase, Window, empty_windows
from benchmarks.live.counter_calls import CounterCalls
from benchmarks.live.loads import Load, LoadError, load_process
from benchmarks.live.recorder import Recorded, recording
from benchmarks.live.tools import Told, open_tools
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.meter import NvmlMeter

T = TypeVar("T")

STEADY = {0.25: 28, 0.5: 28, 1.0: 22, 2.0: 11, 5.0: 3}
SQUARE = {0.5: 12, 1.0: 12, 2.0: 5}
BURST_PERIODS = (0.02, 0.1)
PHASES, EACH = 10, 2
QUADS = {"gpu_bound": (12, 0.4), "host_bound": (44, 0.35)}
"""For each load: how often off, on, on, off, and seconds of a block."""
PARTS = ("gpu_bound", "host_bound", "square", "bursts", "empty", "throughput")
LIBRARIES = ("nvidia-ml-py", "numpy", "scipy")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--output", type=Path, help="folder for the results")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the windows to take")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument("--limit", type=float, default=540.0, help="begin nothing after so many s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--load", choices=("torch", "sleep"), default="torch",
                        help="sleep: no work, to try this out without a GPU")  # fmt: skip
    parser.add_argument("--again", type=Path, metavar="FILE", help="tables from a recording")
    options = parser.parse_args(arguments)
    if options.again is not None:
        data = _read(options.again)
        _write(data, options.output, keep=False)
        return 0
    try:
        data = measure(options)
    except (MeterError, LoadError) as error:
        print(f"precision needs an NVIDIA GPU and torch: {error}", file=sys.stderr)
        return 2
    _write(data, options.output, keep=True)
    return 0


# -- measuring ------------------------------------------------------------------------------------


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run the parts that were asked for, as long as there is time."""
    deadline = time.perf_counter() + options.limit
    calls = CounterCalls()
    meter = NvmlMeter()
    with load_process(options.load) as load:
        index = _index(load.device["uuid"])
        tools, missing = open_tools(index, calls)
        versions = load.device["versions"] | {name: tool.version for name, tool in tools.items()}
        data: dict[str, Any] = {
            "about": _about(index) | {"missing": missing, "versions": versions | _versions()},
            "phases": [], "empty_window_seconds": {}, "throughput": {}, "failed": [],
        }  # fmt: skip
        _say(f"on {data['about']['device']}; beside ours: {', '.join(tools) or 'nothing'}")
        for name, why in missing.items():
            _say(f"not compared: {name}: {why}")
        meter.attach()
        meter.rest()  # which measures the power at rest, while there is rest
        with recording(index) as recorder:
            collector = Collector(meter, tools, load, recorder, calls, options.seed, deadline)
            for name, run in _phases(collector, options):
                phase = _attempt(name, run, data)
                if phase is not None:
                    data["phases"].append(asdict(phase))
                    data["failed"] += [f"{name}: a window: {why}" for why in phase.failures]
                    _say(f"{name}: {len(phase.windows)} windows")
                    _write(data, options.output, keep=True, quiet=True)
        if "empty" in options.only:
            costs = _attempt("empty", lambda: empty_windows(meter, tools), data)
            data["empty_window_seconds"] = costs or {}
        meter.close()  # the next part has one of its own, in the process that does the work
        if "throughput" in options.only:
            for name, rates in _throughput(load, options):
                if time.perf_counter() > deadline:
                    break
                found = _attempt(f"throughput of {name}", rates, data)
                if found is not None:
                    data["throughput"][name] = found
                    _say(f"{name}: throughput measured")
    return data


def _attempt(what: str, run: Callable[[], T], data: dict[str, Any]) -> T | None:
    """What went wrong in one part is told, and does not cost the others."""
    try:
        return run()
    except (MeterError, LoadError) as error:
        data["failed"].append(f"{what}: {str(error).strip().splitlines()[-1]}")
        _say(f"{what} failed: {error}")
        return None


def _phases(
    collector: Collector, options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[], Phase]]]:
    loads = {"gpu_bound": STEADY, "host_bound": STEADY, "square": SQUARE}
    for name, counts in loads.items():
        if name in options.only:
            scaled = {length: max(2, round(options.scale * n)) for length, n in counts.items()}
            yield name, partial(collector.steady, name, scaled)
    if "bursts" in options.only:
        for period in BURST_PERIODS:
            each = max(1, round(options.scale * EACH))
            yield f"bursts, {period} s", partial(collector.bursts, period, PHASES, each)


def _throughput(
    load: Load, options: argparse.Namespace
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for name, (quads, seconds) in QUADS.items():
        count = max(2, round(options.scale * quads))
        yield name, partial(load.throughput, name, count, seconds)


def _index(uuid: str | None) -> int:
    """The NVML index of the device that does the work."""
    import pynvml

    for index in range(pynvml.nvmlDeviceGetCount()):
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        if uuid is None or pynvml.nvmlDeviceGetUUID(handle) == uuid:
            return index
    raise MeterError(f"NVML does not know the device {uuid}")


def _about(index: int) -> dict[str, Any]:
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    return {
        "device": pynvml.nvmlDeviceGetName(handle),
        "driver": pynvml.nvmlSystemGetDriverVersion(),
        "power_limit_watts": pynvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "command": " ".join(["python -m benchmarks.precision", *sys.argv[1:]]),
        "cpus": os.cpu_count(),
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _say(text: str) -> None:
    print(f"[{time.perf_counter() - START:5.0f} s] {text}", flush=True)


START = time.perf_counter()


# -- results --------------------------------------------------------------------------------------


def results_of(data: dict[str, Any]) -> dict[str, Any]:
    """The numbers, as plain data."""
    phases = [_phase(phase) for phase in data["phases"] if phase["windows"]]
    return {
        "about": data["about"],
        "precision": [row for phase in phases for row in summary.precision(phase)],
        "bias": [summary.bias(phase) for phase in phases],
        "bursts": [summary.bursts(p) for p in phases if p.load.startswith("bursts")],
        "empty_window_seconds": data["empty_window_seconds"],
        "throughput": [summary.throughput(*item) for item in data["throughput"].items()],
        "asides": [_aside(phase) for phase in phases],
        "failed": data["failed"],
    }


def _aside(phase: Phase) -> str:
    length = phase.end - phase.start
    after = median(window.told_after for window in phase.windows)
    doubt = median(doubt for _, _, doubt in phase.recorded.ticks)
    return (
        f"- {phase.load}: our meter asked the counter {phase.calls:.0f} times a second, the "
        f"reference {phase.recorded.calls / length:.0f} times; our figure was there "
        f"{1e3 * after:.0f} ms after the window (median); the reference places a tick within "
        f"{1e3 * doubt:.1f} ms"
    )


def _phase(data: dict[str, Any]) -> Phase:
    windows = [
        Window(**(w | {"others": {name: Told(**told) for name, told in w["others"].items()}}))
        for w in data["windows"]
    ]
    return Phase(**(data | {"windows": windows, "recorded": Recorded(**data["recorded"])}))


def _read(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt") as file:
        data: dict[str, Any] = json.load(file)
    return data


def _write(data: dict[str, Any], folder: Path | None, *, keep: bool, quiet: bool = False) -> None:
    """Print the page and keep it, the numbers and the recording in a folder."""
    results = results_of(data)
    page = summary.markdown(results)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        name = data["about"]["device"].lower().removeprefix("nvidia ").replace(" ", "_")
        path = folder / f"precision_{name}"
        path.with_suffix(".md").write_text(page)
        numbers = json.dumps(_rounded(results), indent=1)
        path.with_suffix(".json").write_text(numbers + "\n")
        if keep:
            with gzip.open(folder / f"{path.name}_recording.json.gz", "wt") as file:
                json.dump(data, file)
    if not quiet:
        print(f"\n{page}")


def _rounded(value: Any) -> Any:
    """The same with six significant digits, and ``None`` for what is not a number."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


if __name__ == "__main__":
    sys.exit(main())
