"""Work that outlives its call: threads are seen by what they do, and ours are left out."""

from __future__ import annotations

import concurrent.futures
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pytest_inferenergy import threads
from pytest_inferenergy.measure import leftover
from pytest_inferenergy.measure.leftover import outlasts, rest

BY_THREAD = os.path.exists(f"{leftover.TASKS}/{threading.get_native_id()}/schedstat")
by_thread = pytest.mark.skipif(not BY_THREAD, reason="threads are told apart by /proc")


def spin(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.fixture
def left() -> Iterator[Callable[[float, str], None]]:
    """Leaves a thread that computes for so many seconds of processor time."""
    started: list[threading.Thread] = []

    def leave(seconds: float, name: str = "worker") -> None:
        started.append(threading.Thread(target=spin, args=(seconds,), name=name, daemon=True))
        started[-1].start()

    yield leave
    for thread in started:
        thread.join()


@pytest.fixture(params=["by thread", "by process"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to find out."""
    if request.param == "by process":
        monkeypatch.setattr(leftover, "TASKS", "/nowhere")
    elif not BY_THREAD:
        pytest.skip("threads are told apart by /proc")
    return str(request.param)


def test_at_rest_nothing_is_found(way: str) -> None:
    assert rest(5.0)
    assert not outlasts()


@pytest.mark.parametrize("seconds", [0.02, 0.1])
@by_thread
def test_a_thread_that_ends_soon_is_found(left: Callable[[float], None], seconds: float) -> None:
    left(seconds)
    assert outlasts()


def test_a_thread_that_goes_on_is_found(left: Callable[[float], None], way: str) -> None:
    left(1.0)
    assert outlasts()
    assert not rest(0.05)


@by_thread
def test_waiting_ends_with_the_work(left: Callable[[float], None]) -> None:
    left(0.2)
    assert rest(20.0)
    assert not outlasts()


@by_thread
def test_threads_that_wait_for_work_are_none() -> None:
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(spin, [0.01] * 8))
        rest(5.0)
        assert not outlasts()
        pool.submit(spin, 0.1)
        assert outlasts()


@by_thread
def test_our_own_threads_do_not_count() -> None:
    stop = threading.Event()

    def record() -> None:
        while not stop.is_set():
            pass

    ours = threads.start(record, "inferenergy-nvml")
    try:
        assert rest(5.0)
        assert not outlasts()
        assert ours.is_alive()
    finally:
        stop.set()
        ours.join()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not number threads so")
def test_threads_that_come_and_go_meanwhile_do_no_harm() -> None:
    stop = threading.Event()

    def breed() -> None:
        while not stop.is_set():
            threading.Thread(target=time.sleep, args=(0.001,)).start()

    breeder = threading.Thread(target=breed)
    breeder.start()
    try:
        for _ in range(5):
            rest(0.05)
    finally:
        stop.set()
        breeder.join()
