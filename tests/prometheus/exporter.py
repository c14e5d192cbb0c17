"""An exporter that replays recorded traces as DCGM exporter shows them, and can misbehave."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from pytest_inferenergy.meters.prometheus.source import ENERGY_METRIC, POWER_METRIC
from pytest_inferenergy.meters.trace import Trace


@dataclass
class Card:
    """One GPU: a trace's counter played in a loop from ``began`` on (``perf_counter``)."""

    trace: Trace
    uuid: str
    labels: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)
    offset: float = 1e6
    """Joules on the counter at the beginning."""
    frozen_at: float | None = None
    hidden: bool = False
    every: float = 0.0
    """Seconds between the exporter's own looks at the device; 0: it looks when it is asked."""

    def __post_init__(self) -> None:
        times, joules = np.array(self.trace.ticks).T
        self._times, self._joules = times - times[0], joules - joules[0]

    def counter(self, instant: float) -> float:
        """What the device's counter shows, ticks and all, joules."""
        laps, rest = divmod(instant - self.began, self._times[-1])
        tick = self._joules[np.searchsorted(self._times, rest, side="right") - 1]
        return self.offset + float(laps * self._joules[-1] + tick)

    def truth(self, instant: float) -> float:
        """The energy itself: the counter without its ticks, joules."""
        laps, rest = divmod(instant - self.began, self._times[-1])
        return self.offset + float(
            laps * self._joules[-1] + np.interp(rest, self._times, self._joules)
        )

    def watts(self, instant: float) -> float:
        return (self.truth(instant) - self.truth(instant - 0.1)) / 0.1

    def shown(self, instant: float) -> float:
        if self.every:
            instant = self.began + (instant - self.began) // self.every * self.every
        return self.counter(instant if self.frozen_at is None else self.frozen_at)

    def lines(self, instant: float) -> Iterator[str]:
        labels = {"UUID": self.uuid, "modelName": self.trace.device, "gpu": "0"} | self.labels
        text = ",".join(f'{name}="{value}"' for name, value in labels.items())
        yield f"{ENERGY_METRIC}{{{text}}} {1e3 * self.shown(instant):.0f}"
        yield f"{POWER_METRIC}{{{text}}} {self.watts(instant):.3f}"


class Exporter:
    """The cards of a node, on a port of its own."""

    def __init__(self, *cards: Card) -> None:
        self.cards = list(cards)
        self.only: str | None = None
        """The one metric that is shown."""
        self.silent = False
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if exporter.silent:
                    self.send_error(503)
                    return
                body = exporter.text().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def text(self) -> str:
        now = time.perf_counter()
        lines = [line for card in self.cards if not card.hidden for line in card.lines(now)]
        wanted = [line for line in lines if self.only is None or line.startswith(self.only)]
        return "\n".join(wanted) + "\n"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
