"""A real Prometheus beside an exporter of replayed cards; a server that answers as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from pytest_inferenergy.meters.prometheus.source import ENERGY_METRIC, TOKEN_VARIABLE
from tests.meters.recordings import HOST_BOUND, STEADY, trace
from tests.prometheus.exporter import Card, Exporter
from tests.prometheus.server import RealPrometheus


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.upper(), raising=False)


@pytest.fixture(scope="module")
def node() -> Iterator[Exporter]:
    """One exporter, whose cards each test puts in."""
    made = Exporter(Card(trace(STEADY), "GPU-always"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def prometheus(
    node: Exporter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealPrometheus]:
    """Scrapes the exporter each half second."""
    server = RealPrometheus(tmp_path_factory.mktemp("prometheus"), [node.address], 0.5)
    yield server
    server.close()


@pytest.fixture
def exporter(node: Exporter, prometheus: RealPrometheus) -> Iterator[Exporter]:
    """Two cards, one fully busy and one that waits for its host; ``run`` tells them from others."""
    labels = {"Hostname": "node-1", "run": uuid4().hex}
    node.cards = [
        Card(trace(STEADY), f"GPU-a-{labels['run']}", labels),
        Card(trace(HOST_BOUND), f"GPU-b-{labels['run']}", labels | {"gpu": "1"}),
    ]
    time.sleep(0.7)  # scraped once
    yield node
    node.cards, node.only, node.silent = [], None, False


@pytest.fixture
def selector(exporter: Exporter) -> str:
    """The counters of this test's cards."""
    return f'{ENERGY_METRIC}{{run="{exporter.cards[0].labels["run"]}"}}'


class Scripted:
    """Answers each query as a function says: (status, headers, body)."""

    def __init__(self) -> None:
        self.answer: Callable[[str], tuple[int, dict[str, str], bytes]] = self.empty
        self.headers: list[dict[str, str]] = []
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                scripted.headers.append(dict(self.headers))
                status, headers, body = scripted.answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @staticmethod
    def empty(path: str) -> tuple[int, dict[str, str], bytes]:
        if "time" in path:
            return as_json({"resultType": "scalar", "result": [1.0, "1"]})
        return as_json({"resultType": "matrix", "result": []})

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def as_json(data: object, http: int = 200, **more: Any) -> tuple[int, dict[str, str], bytes]:
    body = {"status": "success", "data": data} | more
    return http, {"Content-Type": "application/json"}, json.dumps(body).encode()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.close()
