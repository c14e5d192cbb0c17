"""Other people's test suites, with the plugin installed and without.

The suites of pytest and pytest-xdist come from their source archives: nothing in them is measured,
and every run of pytest that they start loads the plugin. Of scikit-learn's suite a seeded sample is
marked with ``@pytest.mark.energy``, each test measured for a second.

    python -m benchmarks.foreign_suites --output benchmarks/results
    python -m benchmarks.foreign_suites xdist

Exits 1 where a test has another outcome with the plugin than without, or where there are more than
twice the warnings. A measured test that cannot be called twice may fail, if it says so. A test that
differs is run again in both arms, three times at most: one that races, and ends differently without
the plugin too, is counted by itself.

Everything is installed into a virtual environment of its own below ``--build``, at the versions of
``constraints.txt``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from tabulate import tabulate

from benchmarks.foreign.compare import (
    HEADERS,
    Arm,
    Comparison,
    differences,
    read_arm,
    repeatable,
)
from benchmarks.foreign.suites import SAMPLE, SEED, SUITES, Suite

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ("-c", str(ROOT / "constraints.txt"))
INSTALLING = 900.0
"""Seconds that pip may take."""
AGAIN = 3
"""How often a test that differs is run again, in both arms."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suites, print and write the table, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suites", nargs="*", help=f"{', '.join(SUITES)} (default: all)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "foreign_suites")
    parser.add_argument("--output", type=Path, help="folder for foreign_suites.md")
    options = parser.parse_args(arguments)
    names = options.suites or list(SUITES)
    if unknown := sorted(set(names) - SUITES.keys()):
        parser.error(f"no such suite: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as temporary:
        build = Build(options.build.resolve(), Path(temporary))
        found = [compare(SUITES[name], build) for name in names]
    print(text := report(found))
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "foreign_suites.md").write_text(text, encoding="utf-8")
    return int(any(comparison.faults for comparison in found))


@dataclass(frozen=True)
class Build:
    """Where things are installed and unpacked, and what the suites have for temporary files.

    pytest deletes the folders of earlier runs of the same user, so this run has its own.
    """

    folder: Path
    temporary: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """The present one, without what changes pytest, and with the recorder to be imported."""
        dropped = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")
        env = {name: value for name, value in os.environ.items() if name not in dropped}
        recorder = str(ROOT / "benchmarks" / "foreign")
        return env | {
            "PYTHONPATH": recorder,
            "OMP_NUM_THREADS": "1",
            "TMPDIR": str(self.temporary),
        }


def compare(suite: Suite, build: Build) -> Comparison:
    """Run a suite without the plugin and with it, and again what then differs."""
    place = prepare(suite, build)
    without, present = [place.run("without")], [place.run("with")]
    chosen = place.own / "unlike.json"
    while len(present) <= AGAIN and (unlike := repeatable(differences(without, present), present)):
        chosen.write_text(json.dumps(sorted(unlike)), encoding="utf-8")
        without.append(place.run("without", (f"--record-only={chosen}",)))
        present.append(place.run("with", (f"--record-only={chosen}",)))
    return Comparison(suite.name, place.version, tuple(without), tuple(present), suite.least)


@dataclass(frozen=True)
class Place:
    """A folder with a virtual environment, and the tests of one suite."""

    suite: Suite
    version: str
    build: Build
    own: Path
    """For what is made of this suite."""
    folder: Path
    """Where pytest is run."""

    def run(self, arm: str, only: Sequence[str] = ()) -> Arm:
        """Run the suite, or a few tests of it, and read what was recorded."""
        self._switch(arm)
        outcomes = self.own / f"{arm}{'_again' if only else ''}.json"
        outcomes.unlink(missing_ok=True)
        measured = self.suite.measured if arm == "with" else ()
        command = [
            *(str(self.build.python), "-m", "pytest", "-q", "-p", "suite_recorder"),
            *(f"--record-to={outcomes}", *self.suite.arguments, *measured, *only),
        ]
        start, before = time.monotonic(), os.times()
        with outcomes.with_suffix(".txt").open("w", encoding="utf-8") as printed:
            subprocess.run(
                command,
                cwd=self.folder,
                env=self.build.environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=60.0 * self.suite.minutes,
                check=False,
            )
        wall, after = time.monotonic() - start, os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])
        if not outcomes.exists():
            raise RuntimeError(f"{' '.join(command)} did not finish: see {printed.name}")
        return read_arm(outcomes, wall, cpu)

    def _switch(self, arm: str) -> None:
        """Install the plugin as it is now, or take it away."""
        if arm == "with":
            pip(self.build.python, "install", "--force-reinstall", "--no-deps", str(ROOT))
        else:
            pip(self.build.python, "uninstall", "--yes", "pytest-inferenergy")


def prepare(suite: Suite, build: Build) -> Place:
    """Install what a suite needs, and unpack its tests."""
    python = build.python
    if not python.exists():
        venv.create(build.folder / "venv", with_pip=True)
    wanted = [suite.package, *suite.requires, "pytest", "pytest-xdist"]
    pip(python, "install", *CONSTRAINTS, *wanted, str(ROOT))
    own = build.folder / suite.name
    own.mkdir(exist_ok=True)
    code = f"import importlib.metadata as m; print(m.version({suite.package!r}))"
    found = subprocess.check_output([python, "-c", code], text=True, timeout=60.0).strip()
    folder = unpack(suite.package, found, python, own) if suite.sdist else own
    if not suite.sdist:
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return Place(suite, found, build, own, folder)


def unpack(package: str, number: str, python: Path, folder: Path) -> Path:
    """The unpacked source archive of a release."""
    name = f"{package.replace('-', '_')}-{number}"
    archive = folder / f"{name}.tar.gz"
    if not archive.exists():
        sources = ("download", "--no-deps", "--no-binary", ":all:", "--dest", str(folder))
        pip(python, *sources, f"{package}=={number}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / name


def pip(python: Path, *arguments: str) -> None:
    """Call pip, and show what it said where it failed."""
    done = subprocess.run(
        [python, "-m", "pip", "-q", "--disable-pip-version-check", *arguments],
        cwd=python.parent,
        capture_output=True,
        text=True,
        timeout=INSTALLING,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip {' '.join(arguments)} failed:\n{done.stderr}")


def report(found: Sequence[Comparison]) -> str:
    """The page of results."""
    lines = [
        "# Other people's test suites, with the plugin and without",
        "",
        f"`python -m benchmarks.foreign_suites{''.join(f' {c.suite}' for c in found)}`, "
        f"Python {platform.python_version()}, pytest {version('pytest')}, {os.cpu_count()} cores, "
        f"{date.today():%Y-%m-%d}. Of scikit-learn's suite {SAMPLE} tests, drawn with seed {SEED}, "
        "are measured for at most a second each.",
        "",
        tabulate([c.row for c in found], HEADERS, tablefmt="github"),
    ]
    for comparison in found:
        for title, names in (
            ("differs", comparison.faults),
            ("cannot be repeated, and says so", comparison.not_repeatable),
            ("differed at first, and ended alike when run again", comparison.by_chance),
        ):
            if names:
                lines += ["", f"{comparison.suite}: {title}", "", *(f"* `{n}`" for n in names)]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
