"""The line that tells how a long measurement is coming on, seen through a terminal's emulator."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pytest

from tests.holding import held
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice, default_uuid
from tests.plugins import ALONE, ALONE_OR_WITH_WORKERS

pty = pytest.importorskip("pty", reason="a terminal of its own needs POSIX")
pyte = pytest.importorskip("pyte")

CONFTEST = """
    from pytest_inferenergy import progress
    from pytest_inferenergy.ab import interleave
    from pytest_inferenergy.measure import warmup

    progress.AFTER = 0.2
    warmup.WINDOW_SECONDS = 0.1
    interleave.WASH_OUT = 0.02
"""
"""Short windows: what the line tells may be rough."""

TEST = """
    import time

    def test_quick():
        print("captured")

    def test_long(energy):
        print("captured")
        energy(lambda: time.sleep(0.02))

    def test_after():
        print("captured")
"""


class Seen(NamedTuple):
    """What came to the terminal, and what it shows in the end."""

    stream: str
    screen: list[str]


def seen(
    pytester: pytest.Pytester,
    *options: str,
    columns: int = 80,
    environment: Mapping[str, str] | None = None,
    when: str = "",
    then: Callable[[], object] = lambda: None,
) -> Seen:
    """Run pytest on a terminal that is ``columns`` wide; ``then``: to do ``when`` it shows that."""
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "BUILD_NUMBER", "NO_COLOR")}
    env |= {"TERM": "xterm", "COLUMNS": str(columns), "LINES": "40", "PY_COLORS": ""}
    env |= environment or {}
    command = [sys.executable, "-m", "pytest", *ALONE_OR_WITH_WORKERS, *options]
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env=env, cwd=pytester.path, close_fds=True
    ):
        os.close(theirs)
        received = b""
        try:
            while piece := os.read(ours, 65536):
                received += piece
                if when.encode() in received:
                    then()
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    screen = pyte.HistoryScreen(columns, 40, history=1000)
    pyte.ByteStream(screen).feed(received)
    return Seen(received.decode(), [line.rstrip() for line in screen.display])


@pytest.fixture
def measured(pytester: pytest.Pytester, replay: str) -> Sequence[str]:
    """Options of a run with a long measurement."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_model=TEST)
    return [replay, "--energy-max-seconds=1.5"]


@pytest.mark.parametrize("verbosity", [[], ["-v"]], ids=["plain", "verbose"])
def test_it_is_told_and_then_gone(
    pytester: pytest.Pytester, measured: Sequence[str], verbosity: list[str]
) -> None:
    found = seen(pytester, *measured, *verbosity)
    assert " windows, 0.00" in found.stream
    assert " kWh/1k ± " in found.stream
    assert " s left" in found.stream
    screen = "\n".join(found.screen)
    assert " s left" not in screen
    assert "captured" not in found.stream
    if verbosity:
        assert "test_model.py::test_long PASSED " in screen
        assert "test_model.py::test_after PASSED " in screen
    else:
        assert "test_model.py ... " in screen
    assert "energy: 1 measured, 0 compared, 1 new" in found.screen


def test_of_a_comparison_it_tells_the_pairs(
    pytester: pytest.Pytester, measured: Sequence[str]
) -> None:
    pytester.makepyfile(
        test_model="""
        import time

        def test_turns(energy):
            energy.compare(lambda: time.sleep(0.02), lambda: time.sleep(0.02), at_most=1.0)
        """
    )
    found = seen(pytester, *measured)
    assert re.search(r"energy: \d+ pairs?, ratio \d.*?, at most \d+ s left", found.stream)
    screen = "\n".join(found.screen)
    assert " s left" not in screen
    assert "test_model.py . " in screen


def test_it_tells_which_gpu_is_waited_for_and_then_is_gone(
    pytester: pytest.Pytester, fake_nvml: MakeFakeNvml
) -> None:
    fake_nvml(FakeDevice(watts=300))
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_model=TEST)
    waiting = "energy: waiting for GPU-00000000, "
    with held(default_uuid(0)) as process:
        found = seen(pytester, "--energy-max-seconds=1", when=waiting, then=process.kill)
    assert waiting in found.stream
    screen = "\n".join(found.screen)
    assert "waiting" not in screen
    assert "test_model.py ... " in screen
    assert "energy: 1 measured" in screen


def test_it_fits_a_narrow_terminal(pytester: pytest.Pytester, measured: Sequence[str]) -> None:
    found = seen(pytester, *measured, columns=40)
    assert "windows, 0.00" in found.stream
    assert "test_model.py ..." in "\n".join(found.screen)
    assert not any("windows, 0.00" in line for line in found.screen)


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["-q"], {}),
        (["-s"], {}),
        (["--color=no"], {}),
        (["-n", "1"], {}),
        ([], {"CI": "true"}),
    ],
    ids=["quiet", "uncaptured", "no-colour", "xdist", "ci"],
)
def test_there_is_none_where_nobody_looks_or_it_would_be_in_the_way(
    pytester: pytest.Pytester,
    measured: Sequence[str],
    options: list[str],
    environment: dict[str, str],
) -> None:
    found = seen(pytester, *measured, *options, environment=environment)
    assert " s left" not in found.stream
    assert "1 measured" in found.stream


def test_a_log_has_no_such_line(pytester: pytest.Pytester, measured: Sequence[str]) -> None:
    result = pytester.runpytest_subprocess(*ALONE, *measured, "--color=yes")
    result.stdout.no_fnmatch_line("* s left*")
