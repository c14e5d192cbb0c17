"""A default run opens no network connection."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

BLOCKED = """
    import socket, sys

    def watch(event, args):
        if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
            if event == "socket.getaddrinfo" or args[0].family != socket.AF_UNIX:
                with open("connections.txt", "a") as file:
                    file.write(f"{event} {args[1:]}\\n")
                raise OSError("no network here")

    sys.addaudithook(watch)
"""
MORE = """
    def test_call(energy):
        energy(time.sleep, 0.25)
"""


@pytest.mark.parametrize("meter", ["auto", "nvml", "codecarbon"])
def test_nothing_is_connected_to(project: Project, meter: str) -> None:
    project.write(BLOCK + MORE)
    project.pytester.makeconftest(BLOCKED)
    options = (
        "-p",
        "no:rerunfailures",
        "--energy-report",
        "--energy-update",
        f"--energy-meter={meter}",
    )
    project.run_apart(*options).assert_outcomes(passed=2)
    assert [m["state"] for m in project.measured] == ["measured"] * 2
    assert not (project.path / "connections.txt").exists()
