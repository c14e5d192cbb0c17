"""The fixtures that give a test a machine with GPUs, whatever machine it runs on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol

import pytest

from tests.nvml.building import compile_library
from tests.nvml.library import FakeDevice, FakeNvml


class MakeFakeNvml(Protocol):
    """Makes a machine; without devices it gets one that draws a constant 300 W."""

    def __call__(
        self, *devices: FakeDevice, in_process: bool = False, driver: str = ...
    ) -> FakeNvml: ...


@pytest.fixture(scope="session")
def fake_nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled library, once for a session."""
    return compile_library(tmp_path_factory.mktemp("fake_nvml_library"))


@pytest.fixture
def fake_nvml(
    fake_nvml_library: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> MakeFakeNvml:
    """Make a machine that subprocesses of the test run on (and this process, if asked)."""

    def make(
        *devices: FakeDevice, in_process: bool = False, driver: str = "580.159.04"
    ) -> FakeNvml:
        directory = tmp_path_factory.mktemp("fake_nvml")
        fake = FakeNvml(directory, fake_nvml_library, *(devices or (FakeDevice(),)), driver=driver)
        for name, value in fake.env().items():
            monkeypatch.setenv(name, value)
        # the locks by which processes take turns at its GPUs: no other test's machine has these
        monkeypatch.setenv("TMPDIR", str(directory))
        monkeypatch.setattr(tempfile, "tempdir", str(directory))
        if in_process:
            fake.preload(monkeypatch)
        return fake

    return make
