"""Opening a meter: an error that may pass costs a second try, one that stays does not."""

from __future__ import annotations

import pytest

from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters import select
from pytest_inferenergy.meters.replay import ReplayMeter
from pytest_inferenergy.meters.trace import read_trace
from tests.nvml.curve import TRACES

TRACE = read_trace(TRACES / "steady_resnet50_b64.json.gz")


class Opener:
    """Fails with each error in turn, then opens."""

    def __init__(self, *errors: MeterError) -> None:
        self.errors = list(errors)
        self.tries = 0

    def __call__(self) -> ReplayMeter:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return ReplayMeter(TRACE)


@pytest.mark.parametrize("name", ["nvml", "rapl", "codecarbon", "zeus"])
def test_a_meter_that_fails_once_is_opened(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opener = Opener(MeterError("once"))
    monkeypatch.setattr(select, f"_{name}", opener)
    assert select.open_meters(name).meters[0].name == "replay"
    assert opener.tries == 2


def test_one_that_fails_again_says_what_the_second_try_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(select, "_nvml", Opener(MeterError("first"), MeterError("second")))
    with pytest.raises(MeterError, match="second"):
        select.open_meters("nvml")


@pytest.mark.parametrize("error", [AbsentError("no library"), MeterError("split", "mig")])
def test_what_stays_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, error: MeterError) -> None:
    opener = Opener(error)
    monkeypatch.setattr(select, "_nvml", opener)
    with pytest.raises(MeterError):
        select.open_meters("nvml")
    assert opener.tries == 1


def test_auto_tries_each_twice_and_keeps_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Opener(MeterError("first"), MeterError("second"))
    rapl = Opener(MeterError("once"))
    monkeypatch.setattr(select, "_nvml", nvml)
    monkeypatch.setattr(select, "_rapl", rapl)
    assert select.open_meters("auto").notes == ("nvml: second",)
    assert (nvml.tries, rapl.tries) == (2, 2)
