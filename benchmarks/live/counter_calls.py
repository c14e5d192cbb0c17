"""Who asked NVML's energy counter, when: seen by stepping in front of pynvml's own function."""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call of the energy counter; instants in ``perf_counter`` seconds."""

    thread: str
    start: float
    end: float

    @property
    def middle(self) -> float:
        return 0.5 * (self.start + self.end)


class CounterCalls:
    """All calls of the counter in this process from now on."""

    def __init__(self) -> None:
        import pynvml

        self.calls: list[Call] = []
        answer = pynvml.nvmlDeviceGetTotalEnergyConsumption

        def watched(handle: Any) -> Any:
            start = time.perf_counter()
            try:
                return answer(handle)
            finally:
                name = threading.current_thread().name
                self.calls.append(Call(name, start, time.perf_counter()))

        pynvml.nvmlDeviceGetTotalEnergyConsumption = watched

    def mark(self) -> int:
        """How many calls there were so far."""
        return len(self.calls)

    def since(self, mark: int, *, here: bool) -> list[Call]:
        """Calls after a mark: those of the calling thread, or those of all others."""
        name = threading.current_thread().name
        return [call for call in self.calls[mark:] if (call.thread == name) is here]
