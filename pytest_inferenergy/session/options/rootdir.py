"""A rootdir that pytest found through the value of one of our options, and not through tests.

pytest looks for the rootdir before it knows the options of plugins, so of ``--energy-json PATH``
it takes a PATH that exists for one of tests. With ``=`` it does not.
"""

from __future__ import annotations

import inspect
import itertools
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest


def moved_rootdir(config: pytest.Config, flags: Sequence[str]) -> str | None:
    """What to say where the rootdir was moved by the value of one of these options."""
    values = dict(_apart(config, flags))
    if not values or config.getoption("rootdir", None):
        return None
    tests = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    meant = _rootdir(config, tests)
    if meant is None or meant == config.rootpath:
        return None
    for flag, value in values.items():
        if _rootdir(config, [*tests, value]) == config.rootpath:
            return (
                f"the rootdir is {config.rootpath} and not {meant}, since pytest took the value of "
                f"{flag} for a path of tests: node ids and baselines are other ones; write "
                f"{flag}={value}"
            )
    return None


def _apart(config: pytest.Config, flags: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Our options whose value is a word of its own, and exists as a path."""
    words = [str(word) for word in config.invocation_params.args]
    words = shlex.split(os.environ.get("PYTEST_ADDOPTS", "")) + words
    for flag, value in itertools.pairwise(words):
        if flag in flags and os.path.exists(config.invocation_params.dir / value):
            yield flag, value


def _rootdir(config: pytest.Config, paths: Sequence[str]) -> Path | None:
    """The rootdir that pytest finds with these paths; ``None`` where it would not tell."""
    from _pytest.config.findpaths import determine_setup

    known = {
        "inifile": config.getoption("inifilename", None),
        "override_ini": config.getoption("override_ini", None),
        "args": list(paths),
        "rootdir_cmd_arg": None,
        "invocation_dir": config.invocation_params.dir,
    }
    wanted = inspect.signature(determine_setup).parameters
    try:
        return determine_setup(**{name: known[name] for name in wanted})[0]
    except (KeyError, TypeError, pytest.UsageError):  # another pytest
        return None
