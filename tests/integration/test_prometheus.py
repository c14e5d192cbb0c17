"""``--energy-meter prometheus:URL`` and ``energy_prometheus``: a model that is served elsewhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pytest_inferenergy.meters.prometheus.source import TOKEN_VARIABLE
from tests.integration.conftest import USUAL
from tests.meters.recordings import STEADY, trace
from tests.prometheus.exporter import Card, Exporter
from tests.prometheus.server import RealPrometheus
from tests.schemas import problems

QUICK = "--energy-max-seconds=0.2"

CLIENT = """
    import os, pytest, requests

    def ask(prompt):
        answer = requests.post(
            os.environ["SERVICE"] + "/v1/chat/completions",
            json={"model": "tiny", "messages": [{"role": "user", "content": prompt}]},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def tokens(answer):
        return answer["usage"]["completion_tokens"]
"""
SERVED = (
    CLIENT
    + """
    def test_served(energy):
        measured = energy.run(ask, ("hello",), tokens=tokens)
        assert measured.devices and len(measured.devices) == 2
        assert measured.tokens_per_joule == pytest.approx(8 / measured.joules_per_inference)
"""
)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """A small OpenAI-compatible service: 30 ms and eight tokens an answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(0.03)
            message = {"role": "assistant", "content": asked["messages"][-1]["content"][::-1]}
            body = json.dumps(
                {
                    "object": "chat.completion",
                    "model": asked["model"],
                    "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 1, "completion_tokens": 8, "total_tokens": 9},
                }
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """Two nodes with a card each, under one Prometheus."""
    nodes = [
        Exporter(Card(trace(STEADY), f"GPU-{n}", {"Hostname": n, "namespace": "prod"}))
        for n in ("node-1", "node-2")
    ]
    server = RealPrometheus(
        tmp_path_factory.mktemp("prometheus"), [node.address for node in nodes], 0.5
    )
    yield server
    server.close()
    for node in nodes:
        node.close()


@pytest.fixture
def project(
    pytester: pytest.Pytester, service: str, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    monkeypatch.setenv("SERVICE", service)
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return pytester


def results(project: pytest.Pytester) -> dict[str, object]:
    document = json.loads((project.path / "results.json").read_text())
    assert problems("results", document) == []
    (measured,) = document["measurements"]
    assert isinstance(measured, dict)
    return measured


def added_up(measured: dict[str, object]) -> list[str]:
    names = measured["added_up"]
    assert isinstance(names, list)
    return names


def test_a_service_is_measured_and_compared(
    project: pytest.Pytester, cluster: RealPrometheus
) -> None:
    project.makepyfile(test_model=SERVED)
    meter = f"--energy-meter=prometheus:{cluster.url}"
    first = project.runpytest_inprocess(
        *USUAL, meter, QUICK, "--energy-update", "--energy-report", "--energy-html=r.html"
    )
    first.assert_outcomes(passed=1)
    first.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    measured = results(project)
    assert measured["slug"] == "nvidia-h200-x2-prometheus"
    assert measured["source"] == "measured"
    assert [name.split("Hostname=")[1][:8] for name in added_up(measured)] == [
        '"node-1"',
        '"node-2"',
    ]
    first.stdout.fnmatch_lines(
        ['test_model.py::test_served: the sum of DCGM_*"node-1"*;*"node-2"*']
    )
    assert "Added up" in (project.path / "r.html").read_text("utf-8")
    assert measured["mean_watts"] == pytest.approx(2 * 560, rel=0.1)
    flags = measured["flags"]
    assert isinstance(flags, list)
    assert "contention_unknown" in flags
    assert "too_short" not in flags
    second = project.runpytest_inprocess(*USUAL, meter, QUICK)
    second.stdout.fnmatch_lines(["energy: 1 measured, 1 compared*"])


def test_requests_side_by_side(project: pytest.Pytester, cluster: RealPrometheus) -> None:
    project.makepyfile(
        test_model=CLIENT
        + """
    import anyio.to_thread

    async def test_served(energy):
        async def ask_async():
            return await anyio.to_thread.run_sync(ask, "hello")
        measured = await energy.arun(ask_async, concurrency=4, tokens=tokens)
        assert measured.seconds_per_inference < 0.03
"""
    )
    project.makeini(
        "[pytest]\nenergy_prometheus = DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
        '{namespace="prod",Hostname="node-2"} mJ\n'
    )
    result = project.runpytest_inprocess(
        "--energy-json=results.json", "-p", "no:anyio", "--asyncio-mode=auto", QUICK,
        "-o", "asyncio_default_fixture_loop_scope=function",
        f"--energy-meter=prometheus:{cluster.url}",
    )  # fmt: skip
    result.assert_outcomes(passed=1)
    assert results(project)["slug"] == "nvidia-h200-x1-prometheus"


def test_a_window_shorter_than_the_scrapes_is_no_figure(
    project: pytest.Pytester, cluster: RealPrometheus
) -> None:
    project.makepyfile("""
        import time
        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    result = project.runpytest_inprocess(*USUAL, f"--energy-meter=prometheus:{cluster.url}")
    result.stdout.fnmatch_lines(["*a window of 0.2 s is too short for *: let the test repeat*"])
    assert results(project)["flags"] == ["too_short"]


def test_no_server_is_no_figure_and_the_test_runs_on(project: pytest.Pytester) -> None:
    project.makepyfile(test_model="def test_it(energy):\n    assert energy(int) == 0\n")
    result = project.runpytest_inprocess(*USUAL, "--energy-meter=prometheus:http://127.0.0.1:9")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*cannot reach 127.0.0.1:9: Connection refused*"])
    strict = project.runpytest_inprocess(
        *USUAL, "--energy-meter=prometheus:http://127.0.0.1:9", "--energy-strict"
    )
    assert strict.ret == pytest.ExitCode.TESTS_FAILED


def test_the_token_is_in_no_output(
    project: pytest.Pytester, cluster: RealPrometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "s3cret-t0ken")
    project.makepyfile(test_model=SERVED.replace("== 2", "== 3"))  # a traceback with locals
    result = project.runpytest_inprocess(
        *USUAL, QUICK, "--showlocals", f"--energy-meter=prometheus:{cluster.url}"
    )
    result.assert_outcomes(failed=1)
    shown = result.stdout.str() + result.stderr.str()
    written = [path.read_text() for path in Path(project.path).rglob("*.json")]
    assert written
    assert not [text for text in (shown, *written) if "s3cret-t0ken" in text]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("prometheus", "prometheus:URL needs the server's address*"),
        ("prometheus:", "prometheus:URL needs the server's address*"),
        ("prometheus:localhost:9090", "prometheus:URL needs the server's address*"),
        ("prometheus:https://me:hush@host", "prometheus:URL must hold no user name*"),
        ("Prometheus:https://me:hush@host", "unknown meter 'Prometheus': give one of auto*"),
    ],
)
def test_a_wrong_address_is_a_usage_error(
    pytester: pytest.Pytester, value: str, message: str
) -> None:
    result = pytester.runpytest_inprocess(*USUAL, f"--energy-meter={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --energy-meter: {message}"])
    assert "hush" not in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("my_counter", "the unit of 'my_counter' is not known: write it behind*"),
        ("my_counter ergs", "'ergs' is no unit*"),
        ("sum(my_counter) J", "*is no PromQL selector*"),
    ],
)
def test_a_wrong_counter_is_a_usage_error(
    pytester: pytest.Pytester, value: str, message: str
) -> None:
    pytester.makeini(f"[pytest]\nenergy_prometheus = {value}\n")
    result = pytester.runpytest_inprocess(*USUAL)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: ini key energy_prometheus: {message}"])
