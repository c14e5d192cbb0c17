"""The rule for stored runs in worlds that are not what its model assumes.

In each world sessions of runs are drawn, a new run of unchanged and of changed code, and the
package's own functions give the verdict. Printed, at margins of 5 and 10 %: false alarms at no
change and at the tolerance, wrong passes at must_detect, unchanged code passed, changes found.

    python -m benchmarks.worlds --draws 20000 --output benchmarks/results/worlds.md
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.screen import change_of
from pytest_inferenergy.stats.stored_levels import StoredLevels

Levels = NDArray[np.float64]
Rng = np.random.Generator
SESSIONS = (1, 2, 3, 5, 10, 20)
FOUND = (0.08, 0.10, 0.12, 0.15, 0.20, 0.30)
OWN = 0.003
"""Standard error of a run's mean, log scale."""


@dataclass(frozen=True)
class World:
    """Draws levels (log scale) of stored sessions, runs in rows, and of a new run."""

    name: str
    draw: Callable[[Rng, int], tuple[Levels, float]]
    """From a number of sessions to (sessions × runs of each, the new run)."""


def normal(sd: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        return rng.normal(0, sd, (sessions, 1)), float(rng.normal(0, sd))

    return World(f"normal, {100 * sd:g} %", draw)


def heavy_tails(sd: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        scale = sd / math.sqrt(3)  # a t of 3 degrees has variance 3
        return scale * rng.standard_t(3, (sessions, 1)), float(scale * rng.standard_t(3))

    return World(f"t of 3 degrees, {100 * sd:g} %", draw)


def two_states(apart: float, share: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        states = apart * (rng.random((sessions, 1)) < share)
        noise = rng.normal(0, 0.004, (sessions, 1))
        return states + noise, float(apart * (rng.random() < share) + rng.normal(0, 0.004))

    return World(f"two states {100 * apart:g} % apart, {share:.0%} in the upper", draw)


def random_walk(step: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        path = np.cumsum(rng.normal(0, step, sessions + 1))
        return path[:-1, None], float(path[-1])

    return World(f"random walk, {100 * step:g} % a session", draw)


def machine_step(step: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        return rng.normal(0, 0.004, (sessions, 1)), float(step + rng.normal(0, 0.004))

    return World(f"a step of the machine by {100 * step:+g} %", draw)


def creep(step: float) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        path = step * np.arange(sessions + 1) + rng.normal(0, 0.004, sessions + 1)
        return path[:-1, None], float(path[-1])

    return World(f"creep, {100 * step:+g} % a session", draw)


def clustered(between: float, process: float, runs: int) -> World:
    def draw(rng: Rng, sessions: int) -> tuple[Levels, float]:
        levels = rng.normal(0, between, (sessions, 1)) + rng.normal(0, process, (sessions, runs))
        return levels, float(rng.normal(0, between) + rng.normal(0, process))

    name = f"{runs} runs a session: sessions {100 * between:g} %, processes {100 * process:g} %"
    return World(name, draw)


WORLDS = (
    *map(normal, (0.0015, 0.0037, 0.0055, 0.0126, 0.0181, 0.0322, 0.05)),
    heavy_tails(0.0126),
    heavy_tails(0.0322),
    two_states(0.06, 0.5),
    two_states(0.06, 0.1),
    random_walk(0.01),
    machine_step(0.02),
    machine_step(-0.04),
    creep(0.005),
    clustered(0.005, 0.02, 4),
)


@dataclass(frozen=True)
class Rates:
    """Shares of draws."""

    alarms: float
    """``regressed`` at no change."""
    alarms_at_tolerance: float
    wrong_passes: float
    """``passed`` or ``improved`` at must_detect."""
    passed: float
    """The same at no change."""
    found: tuple[float, ...]


def rates(world: World, sessions: int, draws: int, seed: int) -> Rates:
    """The rates of one cell; every change is judged on the same draws."""
    rng, margins = np.random.default_rng(seed), Margins.of()
    changes = (0.0, margins.tolerance, margins.must_detect, *FOUND)
    words: list[list[str]] = [[] for _ in changes]
    for _ in range(draws):
        stored, new = world.draw(rng, sessions)
        known = _stored(stored + rng.normal(0, OWN, stored.shape))
        new += float(rng.normal(0, OWN))
        for change, into in zip(changes, words, strict=True):
            into.append(change_of(new + math.log1p(change), known, OWN, margins).word)

    def share(index: int, *wanted: str) -> float:
        return sum(word in wanted for word in words[index]) / draws

    return Rates(
        alarms=share(0, "regressed"),
        alarms_at_tolerance=share(1, "regressed"),
        wrong_passes=share(2, "passed", "improved"),
        passed=share(0, "passed", "improved"),
        found=tuple(share(3 + k, "regressed") for k in range(len(FOUND))),
    )


def _stored(levels: Levels) -> StoredLevels:
    means = levels.mean(axis=1)
    return StoredLevels(
        level=float(means.mean()),
        sessions=len(means),
        between=float(((means - means.mean()) ** 2).sum()),
        within=float(((levels - means[:, None]) ** 2).sum()),
        more=levels.size - len(means),
        harmonic=1 / levels.shape[1],
        stored_error=OWN,
    )


def report(draws: int, seed: int, form: str) -> str:
    """The whole text, in a format of tabulate's."""
    head = ["sessions", "alarms at 0, of 1,000", "at +5 %, of 1,000", "wrong passes, of 100",
            "unchanged passed", *(f"+{change:.0%} found" for change in FOUND)]  # fmt: skip
    parts = [
        "# Stored runs in worlds that differ from the model",
        f"{draws:,} draws a cell, margins of 5 and 10 %, runs whose means have a standard error of "
        f"{OWN:.1%}. Percentages of a world are standard deviations unless it says otherwise.",
    ]
    for number, world in enumerate(WORLDS):
        body = []
        for sessions in SESSIONS:
            found = rates(world, sessions, draws, seed + 100 * number + sessions)
            body.append(
                [str(sessions), f"{1000 * found.alarms:.2f}",
                 f"{1000 * found.alarms_at_tolerance:.2f}", f"{100 * found.wrong_passes:.2f}",
                 f"{found.passed:.1%}", *(f"{share:.1%}" for share in found.found)]
            )  # fmt: skip
        table = tabulate(body, headers=head, tablefmt=form, disable_numparse=True)
        parts += [f"## {world.name[:1].upper()}{world.name[1:]}", table]
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--draws", type=int, default=20_000, help="draws a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="write Markdown here")
    options = parser.parse_args(arguments)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(report(options.draws, options.seed, "github"), encoding="utf-8")
    else:
        print(report(options.draws, options.seed, "simple"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
