"""Command line and ini keys: declared in one table, read once into one frozen `Settings`.

A marker stands between them: command line > marker > ini > default for the gate, marker > command
line > ini > default for the rest (`Settings.for_test`). What a value has to be like stands in
`values.py`, which options go together in `rules.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from pytest_inferenergy.settings import METERS, Settings


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
    _Option("max_seconds", "time for the windows of one test, seconds (default: 30; three windows "
            "of 0.5 s are taken at least)", "float", "S"),
    _Option("session_seconds", "time for measuring all tests, seconds (default: no limit)",
            "float", "S"),
    _Option("carbon", "show grams of CO2 equivalent: by a country's electricity (three-letter "
            "code), or so many grams per kWh", "string", "ISO3|GRAMS"),
    _Option("disable", "run energy tests once, unmeasured", "bool", flag=True),
)  # fmt: skip


INI_ONLY: dict[str, tuple[Literal["string", "args", "linelist"], str]] = {
    "components": (
        "args",
        "what the figure adds up, of gpu, cpu, ram and module (default: gpu where one is measured)",
    ),
    "prometheus": (
        "string",
        "what the meter prometheus reads: a PromQL selector and its unit, such as "
        'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{namespace="prod"} mJ (default: DCGM exporter)',
    ),
    "equivalents": (
        "linelist",
        "what the report compares the energy with, one a line: smartphone-charge, gaming-hour, "
        "web-search, litre-boiled, or your own as 'name = 0.012 kWh' or 'name = 350 W' for an hour",
    ),
}
"""Settings without a flag: the ini key's type and its help."""
FILES = ("json", "csv", "markdown", "html")
"""Options that name a file to write."""


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
    for name, (kind, help_text) in INI_ONLY.items():
        parser.addini(f"energy_{name}", help_text, type=kind, default=None)


def remarks_on_options(config: pytest.Config) -> list[str]:
    """What a user should know of how options were written."""
    words = [str(word) for word in config.invocation_params.args]
    flags = [f"--energy-{o.name.replace('_', '-')}" for o in OPTIONS if not o.flag]
    if "--energy-" not in os.environ.get("PYTEST_ADDOPTS", "") and not set(words) & set(flags):
        return []
    from pytest_inferenergy.session.options.rootdir import moved_rootdir

    moved = moved_rootdir(config, flags)
    return [] if moved is None else [moved]


def read_settings(config: pytest.Config) -> Settings:
    """Validate all options; raises ``pytest.UsageError`` (exit code 4) that names the option."""
    found = {
        name: (origin, value) for name, origin, value in _all_given(config) if value is not None
    }
    given: dict[str, Any] = {}
    if found:  # seldom, and not needed otherwise
        from pytest_inferenergy.session.options.rules import check_together
        from pytest_inferenergy.session.options.values import value_of

        given = {name: value_of(name, *pair) for name, pair in found.items()}
        given |= check_together(config, given)
    given["gate_from_command_line"] = config.getoption("energy_gate") is not None
    return Settings(**_with_paths(config, given))


def _with_paths(config: pytest.Config, given: dict[str, Any]) -> dict[str, Any]:
    """What was given, its paths made absolute: of the command line from where pytest was called."""
    here = config.invocation_params.dir
    folder = given.get("baselines", "energy_baselines")
    typed = config.getoption("energy_baselines") is not None
    files = {kind: here / given[kind] for kind in FILES if kind in given}
    return given | files | {"baselines": (here if typed else config.rootpath) / folder}


def _all_given(config: pytest.Config) -> Iterator[tuple[str, str, Any]]:
    """The name of each setting, where it was given, in words, and the value or ``None``."""
    for option in OPTIONS:
        yield option.name, *_given(config, option)
    for name in INI_ONLY:
        key = f"energy_{name}"
        yield name, f"ini key {key}", _ini(config, key) or None


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
