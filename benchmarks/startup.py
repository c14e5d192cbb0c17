"""What the plugin adds to the start of pytest, and what it must not add.

Times ``pytest --collect-only -q`` on a small generated project with the plugin and without, in
pairs of random order, twice: once as installed against ``-p no:inferenergy``, once with every
installed plugin switched off and this one named by ``-p`` against a module without hooks (since
``-p`` costs time whatever it names). Then lists what the plugin loads, writes and starts while
tests are collected.

    python -m benchmarks.startup

Exits 1 where the median ratio of wall-clock times is above 1.05, where a module is loaded that
has no business before the first measured test, or where a file, folder or process appears.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LIMIT = 1.05
UNWANTED = ("pynvml", "numpy", "scipy", "torch", "codecarbon", "tabulate")
COLLECT = ("--collect-only", "-q")
FILES, TESTS = 5, 20
ENERGY_TEST = """
import pytest

@pytest.mark.parametrize("number", range({plain}))
def test_plain(number):
    assert number >= 0

@pytest.mark.parametrize("number", range({energy}))
def test_energy(number, energy):
    energy(abs, number)
"""
PROBE = """
import json, os, sys

WATCHED = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system",
           "os.mkdir", "socket.connect", "socket.bind")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
seen = []

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        if isinstance(path, (str, bytes)) and (flags or 0) & WRITING:
            seen.append(f"{event} {os.fsdecode(path)}")
    elif event in WATCHED:
        seen.append(f"{event} {args[0]}")

sys.addaudithook(watch)
import pytest
status = int(pytest.main(sys.argv[2:]))
with open(sys.argv[1], "w") as file:
    json.dump({"status": status, "modules": sorted(sys.modules), "events": seen[:-1]}, file)
"""


@dataclass(frozen=True)
class Comparison:
    """Two ways to start pytest, which differ by the plugin alone."""

    title: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


COMPARISONS = (
    Comparison("as installed / -p no:inferenergy", (), ("-p", "no:inferenergy")),
    Comparison(
        "alone: -p pytest_inferenergy.plugin / -p keyword",
        ("-p", "pytest_inferenergy.plugin"),
        ("-p", "keyword"),
        {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    ),
)


@dataclass(frozen=True)
class Cost:
    """What one start took."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Additions:
    """What the plugin adds besides time."""

    unwanted: tuple[str, ...]
    modules: tuple[str, ...]
    events: tuple[str, ...]
    paths: tuple[str, ...]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--pairs", type=int, default=31, help="pairs of starts (default: 31)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder) / "project")
        env = environment(Path(folder) / "bytecode")
        order = random.Random(options.seed)
        failed = False
        print("| comparison | with, ms | without, ms | ratio | its 95 % | CPU time ratio |")
        print("|---|---|---|---|---|---|")
        for comparison in COMPARISONS:
            pairs = time_pairs(comparison, project, env, options.pairs, order)
            row, ratio = summarise(comparison.title, pairs)
            print(row, flush=True)
            failed |= ratio > LIMIT
        added = additions(project, env, Path(folder))
    print(f"\nMedians of {options.pairs} pairs; the ratio is the median of the pairs' ratios.")
    print(f"Modules of its own loaded: {len(added.modules)}")
    for title, found in (
        ("Loaded too early", added.unwanted),
        ("Written or started", added.events),
        ("New files and folders", added.paths),
    ):
        print(f"{title}: {', '.join(found) or 'nothing'}")
        failed |= bool(found)
    return int(failed)


def make_project(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    for number in range(FILES):
        text = ENERGY_TEST.format(plain=TESTS, energy=TESTS)
        (folder / f"test_part_{number}.py").write_text(text)
    return folder


def environment(bytecode: Path) -> dict[str, str]:
    """Compiled modules are kept, as those of installed packages are, but in a place of our own."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    return env | {"PYTHONPYCACHEPREFIX": str(bytecode)}


def time_pairs(
    comparison: Comparison, project: Path, env: Mapping[str, str], count: int, order: random.Random
) -> list[tuple[Cost, Cost]]:
    """Costs with and without; the first two pairs fill the caches and are dropped."""
    pairs = []
    env = {**env, **comparison.env}
    for _ in range(count + 2):
        both = [comparison.present, comparison.absent]
        first = order.randrange(2)
        costs = {way: start(both[way], project, env) for way in (first, 1 - first)}
        pairs.append((costs[0], costs[1]))
    return pairs[2:]


def start(arguments: Sequence[str], project: Path, env: Mapping[str, str]) -> Cost:
    command = [sys.executable, "-m", "pytest", *COLLECT, *arguments]
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=project, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{errors.decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def summarise(title: str, pairs: Sequence[tuple[Cost, Cost]]) -> tuple[str, float]:
    present = 1e3 * statistics.median(a.wall for a, _ in pairs)
    absent = 1e3 * statistics.median(b.wall for _, b in pairs)
    ratios = sorted(a.wall / b.wall for a, b in pairs)
    ratio = statistics.median(ratios)
    reach = 0.98 * len(ratios) ** 0.5  # ranks on either side of the median
    low = ratios[max(0, round(len(ratios) / 2 - reach) - 1)]
    high = ratios[min(len(ratios) - 1, round(len(ratios) / 2 + reach))]
    cpu = statistics.median(a.cpu / b.cpu for a, b in pairs)
    numbers = f"{present:.0f} | {absent:.0f} | {ratio:.3f} | {low:.3f} to {high:.3f} | {cpu:.3f}"
    return f"| {title} | {numbers} |", ratio


def additions(project: Path, env: Mapping[str, str], folder: Path) -> Additions:
    before = tree(project)
    without = probe(("-p", "no:inferenergy"), project, env, folder)
    theirs = tree(project)
    present = probe((), project, env, folder)
    modules = sorted(set(present["modules"]) - set(without["modules"]))
    loaded = set(present["modules"])
    cache = env["PYTHONPYCACHEPREFIX"]
    return Additions(
        unwanted=tuple(name for name in UNWANTED if name in loaded),
        modules=tuple(modules),
        events=tuple(sorted((happened(present, cache) - happened(without, cache)).elements())),
        paths=tuple(sorted(tree(project) - theirs - before)),
    )


def probe(
    arguments: Sequence[str], project: Path, env: Mapping[str, str], folder: Path
) -> dict[str, list[str]]:
    answer = folder / "probe.json"
    command = [sys.executable, "-c", PROBE, str(answer), *COLLECT, *arguments]
    subprocess.run(command, cwd=project, env=dict(env), check=True, stdout=subprocess.DEVNULL)
    found: dict[str, list[str]] = json.loads(answer.read_text())
    return found


def happened(found: Mapping[str, list[str]], bytecode: str) -> Counter[str]:
    """What was written or started, apart from bytecode.

    A file to which pytest gives a random name counts by its folder.
    """
    counted: Counter[str] = Counter()
    for event in found["events"]:
        what, _, path = event.partition(" ")
        if not path.startswith(bytecode):
            random_name = Path(path).parent == Path(tempfile.gettempdir())
            counted[f"{what} {Path(path).parent if random_name else path}"] += 1
    return counted


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


if __name__ == "__main__":
    sys.exit(main())
