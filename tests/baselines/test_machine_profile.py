from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.meters.base import ComponentName, MeterProfile

from . import baseline_strategies as anything
from .baseline_examples import H200


@pytest.mark.parametrize(
    ("profile", "slug"),
    [
        (H200, "nvidia-h200-x1-700w-nvml"),
        (replace(H200, count=8), "nvidia-h200-x8-700w-nvml"),
        (replace(H200, mig=True), "nvidia-h200-x1-700w-mig-nvml"),
        (replace(H200, power_limit_watts=None), "nvidia-h200-x1-nvml"),
        (replace(H200, components=("gpu", "cpu")), "nvidia-h200-x1-700w-nvml-gpu-cpu"),
        (replace(H200, meter="rapl", components=("cpu",)), "nvidia-h200-x1-700w-rapl"),
        (replace(H200, meter="rapl"), "nvidia-h200-x1-700w-rapl-gpu"),
    ],
)
def test_slug_tells_the_profile(profile: MachineProfile, slug: str) -> None:
    assert profile.slug == slug


@given(anything.profiles)
def test_slug_is_a_safe_and_short_file_name(profile: MachineProfile) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", profile.slug)
    assert len(profile.slug) <= 100


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Xeon 8480", "Xeon 8480+"),
        ("显卡一", "显卡二"),
        ("A" * 200, "A" * 200 + "B"),
    ],
)
def test_names_that_the_slug_cannot_hold_stay_apart(one: str, other: str) -> None:
    assert replace(H200, device=one).slug != replace(H200, device=other).slug


@given(anything.profiles)
def test_profile_survives_as_builtins(profile: MachineProfile) -> None:
    assert MachineProfile.from_dict(profile.as_dict()) == profile


def test_profile_takes_the_hard_facts_and_leaves_the_driver() -> None:
    facts = MeterProfile("nvml", "NVIDIA H200", 2, 699.6, driver="580.159", idle_watts=81.0)
    assert MachineProfile.from_meter(facts, ("cpu", "gpu")) == MachineProfile(
        "NVIDIA H200", 2, 700, False, "nvml", ("gpu", "cpu")
    )


@pytest.mark.parametrize("components", [(), ("disk",)])
def test_components_that_do_not_exist_are_refused(components: tuple[ComponentName, ...]) -> None:
    with pytest.raises(BaselineError, match="known are gpu, cpu, ram"):
        MachineProfile.from_meter(MeterProfile("nvml", "NVIDIA H200", 1), components)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", ""),
        ("device", 3),
        ("count", 0),
        ("power_limit_watts", 1.5),
        ("mig", 1),
        ("components", "gpu"),
        ("components", [1]),
        ("host", "box17"),
    ],
)
def test_wrong_field_of_a_profile_is_named(field: str, value: object) -> None:
    with pytest.raises(BaselineError, match=field):
        MachineProfile.from_dict({**H200.as_dict(), field: value})
