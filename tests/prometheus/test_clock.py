"""The server's clock beside ours."""

from __future__ import annotations

import math

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.prometheus.clock import ServerClock


def test_the_quickest_answer_counts() -> None:
    clock = ServerClock()
    assert math.isinf(clock.doubt(0.0))
    clock.observe(1000.3, 10.0, 10.4)
    clock.observe(1000.61, 10.6, 10.62)
    clock.observe(1001.3, 11.0, 11.4)
    assert clock.server(20.0) == pytest.approx(1010.0, abs=0.01)
    assert clock.local(clock.server(20.0)) == pytest.approx(20.0)
    assert clock.doubt(11.0) < 0.02


def test_the_doubt_grows_until_the_clock_is_asked_again() -> None:
    clock = ServerClock()
    clock.observe(1000.0, 0.0, 0.01)
    assert clock.doubt(1000.0) == pytest.approx(0.5, rel=0.1)
    clock.observe(2000.3, 1000.0, 1000.01)  # slewed by 0.3 s
    assert clock.server(1000.0) == pytest.approx(2000.3, abs=0.01)


@pytest.mark.parametrize("step", [-30.0, -0.5, 0.5, 3600.0])
def test_a_clock_that_is_set_is_an_error(step: float) -> None:
    clock = ServerClock()
    clock.observe(1000.0, 0.0, 0.01)
    with pytest.raises(MeterError, match="clock of the Prometheus server was set") as caught:
        clock.observe(1010.0 + step, 10.0, 10.01)
    assert caught.value.flag == "clock_step"
