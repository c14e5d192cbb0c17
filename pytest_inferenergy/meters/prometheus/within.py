"""A limit on the time that a call takes, whatever it waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, act: Callable[[], T], name: str) -> T:
    """What a function returns or raises, or `TimeoutError` where it takes longer.

    A server that sends a byte now and then never meets a socket's own limit. The thread of a call
    that is given up does not keep the process from ending.
    """
    done: list[T] = []
    failed: list[BaseException] = []
    over = threading.Event()

    def run() -> None:
        try:
            done.append(act())
        except BaseException as error:
            failed.append(error)
        finally:
            over.set()

    threading.Thread(target=run, name=name, daemon=True).start()
    if not over.wait(seconds):
        raise TimeoutError
    if failed:
        raise failed[0]
    return done[0]
