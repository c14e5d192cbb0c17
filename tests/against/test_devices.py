"""GPUs that only the reference process uses are measured beside those of this process."""

from __future__ import annotations

from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice


def test_a_partner_s_gpu_is_measured_too(fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(hosts_caller=True), FakeDevice(), in_process=True)
    meter = NvmlMeter()
    meters = MeterSet([meter])
    try:
        meters.attach()
        assert meters.profile().count == 1
        other = meter._gpus[1].uuid
        meters.attach(frozenset({other}))
        assert meters.profile().count == 2
    finally:
        meters.close()
