"""CPU and RAM by the real codecarbon."""

from __future__ import annotations

import itertools
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import Meter, Reading
from pytest_inferenergy.meters.codecarbon.meter import CodecarbonMeter
from tests.nvml.fixture import MakeFakeNvml

pytest.importorskip("codecarbon")

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def meter() -> Iterator[CodecarbonMeter]:
    meter = CodecarbonMeter()
    yield meter
    meter.close()


def busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def window(meter: Meter, seconds: float) -> tuple[dict[str, Reading], float]:
    start = meter.edge()
    busy(seconds)
    end = meter.edge()
    meter.wait_until_covered(end)
    return {reading.component: reading for reading in meter.read(start, end)}, end - start


# Figures


def test_busy_loop_costs_plausible_power(meter: CodecarbonMeter) -> None:
    readings, seconds = window(meter, 2.0)
    assert set(readings) == {"cpu", "ram"}
    for reading in readings.values():
        assert 0.5 < reading.joules / seconds < 2000


def test_figures_are_estimates_whose_error_is_of_repeating_alone(meter: CodecarbonMeter) -> None:
    ram = window(meter, 1.0)[0]["ram"]
    assert ram.source == "estimated"
    assert 0 < ram.stderr < 0.1 * ram.joules


def test_memory_costs_the_same_power_in_every_window(meter: CodecarbonMeter) -> None:
    windows = [window(meter, 0.2) for _ in range(2)]
    watts = [readings["ram"].joules / seconds for readings, seconds in windows]
    assert watts[0] == pytest.approx(watts[1], rel=0.05)


def test_windows_in_a_row_add_up(meter: CodecarbonMeter) -> None:
    edges = [meter.edge()]
    for _ in range(4):
        time.sleep(0.1)
        edges.append(meter.edge())
    meter.wait_until_covered(edges[-1])
    parts = [meter.read(*pair)[1].joules for pair in itertools.pairwise(edges)]
    assert sum(parts) == pytest.approx(meter.read(edges[0], edges[-1])[1].joules)


def test_window_shorter_than_codecarbon_measures_is_known_once_settled(
    meter: CodecarbonMeter,
) -> None:
    meter.edge()
    start = meter.edge()
    end = meter.edge()
    assert meter.covered() < end
    with pytest.raises(MeterError, match="settle first"):
        meter.read(start, end)
    meter.wait_until_covered(end)
    assert all(reading.joules > 0 for reading in meter.read(start, end))


def test_edges_are_cheap(meter: CodecarbonMeter) -> None:
    costs = []
    for _ in range(15):
        time.sleep(0.06)
        start = time.perf_counter()
        meter.edge()
        costs.append(time.perf_counter() - start)
    assert sorted(costs)[7] < 0.01


def test_profile_names_the_processor(meter: CodecarbonMeter) -> None:
    profile = meter.profile()
    assert profile.meter == "codecarbon"
    assert profile.device
    assert profile.count >= 1


def test_forgotten_windows_are_unknown(meter: CodecarbonMeter) -> None:
    readings, _ = window(meter, 0.1)
    assert readings
    start = meter.edge()
    meter.wait_until_covered(start)
    meter.forget(start)
    with pytest.raises(MeterError, match="still known"):
        meter.read(start - 1.0, start)


# Failures that codecarbon hides


def test_failure_that_codecarbon_swallows_is_an_error(
    meter: CodecarbonMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("no sensor")

    monkeypatch.setattr("codecarbon.emissions_tracker.BaseEmissionsTracker._do_measurements", fail)
    start = meter.edge()
    time.sleep(0.1)
    end = meter.edge()
    with pytest.raises(MeterError, match="gave no figure"):
        meter.wait_until_covered(end, timeout=0.2)
    with pytest.raises(MeterError):
        meter.read(start, end)


def test_component_without_power_is_an_error_not_zero(
    meter: CodecarbonMeter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codecarbon.core.units import Power

    monkeypatch.setattr("codecarbon.external.ram.RAM.total_power", lambda self: Power.from_watts(0))
    time.sleep(0.06)
    start = meter.edge()
    time.sleep(0.1)
    end = meter.edge()
    with pytest.raises(MeterError, match="no energy for the RAM") as caught:
        meter.read(start, end)
    assert caught.value.flag == "energy_gap"


def test_codecarbon_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("no hardware")

    monkeypatch.setattr(
        "codecarbon.emissions_tracker.BaseEmissionsTracker.get_detected_hardware", fail
    )
    with pytest.raises(MeterError, match="does not start: RuntimeError"):
        CodecarbonMeter()


def test_without_codecarbon_the_command_to_install_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    with pytest.raises(MeterError, match=r"pip install -U 'codecarbon>=3\.3\.2'"):
        CodecarbonMeter()


@pytest.mark.parametrize("version", ["2.8.4", "3.3.1", "0"])
def test_old_codecarbon_is_refused(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", SimpleNamespace(__version__=version))
    with pytest.raises(MeterError, match=f"codecarbon {version} is too old; pip install -U"):
        CodecarbonMeter()


@pytest.mark.parametrize(
    ("part", "source"), [("Intel Rapl", "measured"), ("Cpu Load", "estimated")]
)
def test_source_of_the_cpu_follows_how_codecarbon_gets_it(
    monkeypatch: pytest.MonkeyPatch, part: str, source: str
) -> None:
    monkeypatch.setattr("codecarbon.external.hardware.CPU.__repr__", lambda self: f"CPU({part})")
    meter = CodecarbonMeter()
    readings, _ = window(meter, 0.1)
    meter.close()
    assert readings["cpu"].source == source
    assert readings["ram"].source == "estimated"


# Traces it must not leave


def test_closed_meter_may_be_closed_again_and_says_that_it_is() -> None:
    meter = CodecarbonMeter()
    meter.close()
    meter.close()
    with pytest.raises(MeterError, match="closed"):
        meter.profile()


def test_logger_of_codecarbon_is_left_as_it_was() -> None:
    logger = logging.getLogger("codecarbon")
    CodecarbonMeter().close()
    handler = logging.NullHandler()
    logger.addHandler(handler)
    try:
        before = (logger.level, [*logger.handlers, *logger.filters], logger.propagate)
        CodecarbonMeter().close()
        assert (logger.level, [*logger.handlers, *logger.filters], logger.propagate) == before
    finally:
        logger.removeHandler(handler)


SESSION = """
import socket, threading, time

def no_network(*_):
    raise SystemExit("a connection was made")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = no_network

from pytest_inferenergy.meters.codecarbon.meter import CodecarbonMeter
import sys
assert not {"codecarbon", "psutil", "pandas"} & set(sys.modules)
meter = CodecarbonMeter()
start = meter.edge()
time.sleep(1.5)
end = meter.edge()
cpu, ram = meter.read(start, end)
assert cpu.joules > 0 and ram.joules > 0
meter.close()
assert threading.enumerate() == [threading.main_thread()]
"""


class Elsewhere:
    """A process with a home, a working and a temporary folder of its own."""

    def __init__(self, root: Path) -> None:
        self.home, self.cwd, self.temporary = (root / name for name in ("home", "cwd", "temporary"))
        for folder in (self.home, self.cwd, self.temporary):
            folder.mkdir()

    def run(self, code: str, **env: str) -> subprocess.CompletedProcess[str]:
        places = {"HOME": str(self.home), "TMPDIR": str(self.temporary), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [sys.executable, "-X", "pycache_prefix=/dev/null", "-c", code],
            env={**os.environ, **places, **env},
            cwd=self.cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def files(self) -> list[Path]:
        folders = (self.home, self.cwd, self.temporary)
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path)


def test_no_output_no_files_no_network_no_threads(elsewhere: Elsewhere) -> None:
    done = elsewhere.run(SESSION)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert elsewhere.files() == []


def test_configuration_of_codecarbon_turns_nothing_on(elsewhere: Elsewhere) -> None:
    for folder in (elsewhere.home, elsewhere.cwd):
        (folder / ".codecarbon.config").write_text(
            "[codecarbon]\nsave_to_file=true\noutput_methods=csv\nlog_level=debug\npue=3\n"
            "emissions_endpoint=http://127.0.0.1:9/\nallow_multiple_runs=false\n"
            "tracking_mode=process\noutput_dir=/nowhere\n"
        )
    done = elsewhere.run(SESSION, CODECARBON_LOG_LEVEL="debug", CODECARBON_SAVE_TO_API="true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path.name for path in elsewhere.files()} == {".codecarbon.config"}


def test_what_the_user_says_of_the_machines_power_counts(elsewhere: Elsewhere) -> None:
    code = SESSION + "print(round(ram.joules / (end - start)))"
    assert elsewhere.run(code, CODECARBON_FORCE_RAM_POWER="37").stdout == "37\n"


def test_no_gpu_is_asked_at_the_edges(elsewhere: Elsewhere, fake_nvml: MakeFakeNvml) -> None:
    (elsewhere.home / "nvidia-smi").write_text("#!/bin/sh\n")
    (elsewhere.home / "nvidia-smi").chmod(0o755)
    code = """
import pynvml, time
calls = []

def counted(name):
    real = getattr(pynvml, name)
    setattr(pynvml, name, lambda *a, **k: (calls.append(name), real(*a, **k))[1])

for name in dir(pynvml):
    if name.startswith("nvmlDeviceGet"):
        counted(name)
from pytest_inferenergy.meters.codecarbon.meter import CodecarbonMeter
meter = CodecarbonMeter()
found = len(calls)
start = meter.edge()
time.sleep(1.5)
end = meter.edge()
meter.wait_until_covered(end)
meter.read(start, end)
print(found > 0, calls[found:])
"""
    environment = fake_nvml().env()
    done = elsewhere.run(
        code, **{**environment, "PATH": f"{elsewhere.home}{os.pathsep}{os.environ['PATH']}"}
    )
    assert done.stdout == "True []\n", done.stderr


def test_opened_meter_follows_the_meter_protocol(meter: CodecarbonMeter) -> None:
    def takes_a_meter(meter: Meter) -> Any:
        meter.attach()
        return meter.name

    assert takes_a_meter(meter) == "codecarbon"
