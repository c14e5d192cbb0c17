"""What a server can answer instead of an answer: one line that says what to do; no secret leaks."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.prometheus import server as prometheus_server
from pytest_inferenergy.meters.prometheus.meter import PrometheusMeter
from pytest_inferenergy.meters.prometheus.server import Server, ServerAwayError
from pytest_inferenergy.meters.prometheus.source import TOKEN_VARIABLE, Source
from tests.prometheus.conftest import Scripted, as_json

TOKEN = "s3cret-t0ken"


def asked(url: str) -> str:
    """The message of the error that a query meets."""
    server = Server(url)
    try:
        with pytest.raises(MeterError) as caught:
            server.samples("a_joules_total", 60)
    finally:
        server.close()
    message = str(caught.value)
    assert "\n" not in message
    assert TOKEN not in message
    return message


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert asked(f"http://127.0.0.1:{port}") == f"cannot reach 127.0.0.1:{port}: Connection refused"


def test_no_such_host() -> None:
    assert asked("http://no-such-host.invalid").startswith("cannot reach no-such-host.invalid: ")


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_answer_that_drips(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then, in the head or in the body, never meets the socket's own limit."""
    monkeypatch.setattr(prometheus_server, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(prometheus_server, "ANSWER_SECONDS", 0.5)
    for head in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            dripping = threading.Thread(target=drip, args=(listener, head))
            dripping.start()
            start = time.perf_counter()
            message = asked(f"http://127.0.0.1:{listener.getsockname()[1]}")
            assert time.perf_counter() - start < 4
            dripping.join()
        assert message.endswith("does not answer in time")


def drip(listener: socket.socket, head: bytes) -> None:
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(head)
        for _ in range(40):
            connection.sendall(b"H")
            time.sleep(0.05)


def test_an_answer_that_unpacks_to_too_much(scripted: Scripted) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(10_000_000)) for _ in range(90)) + bomb.flush()
    scripted.answer = lambda path: (200, {"Content-Encoding": "gzip"}, packed)
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    message = asked(scripted.url)
    assert message.endswith(
        "answers with more than 64 MB: select fewer series by labels in energy_prometheus"
    )
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"status": "success", "data": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"status": "success", "data": {"resultType": "matrix", "result": ['
        + b'{"metric": {}, "values": ' + b"[" * 900 + b"]" * 900 + b"}]}}",
        b'{"status": "success", "data": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
    ],
    ids=["open", "nested", "values", "digits", "bytes"],
)  # fmt: skip
def test_an_answer_that_is_nested_without_end(scripted: Scripted, body: bytes) -> None:
    scripted.answer = lambda path: (200, {"Content-Type": "application/json"}, body)
    assert "as Prometheus does" in asked(scripted.url)


def test_an_error_with_control_characters_is_one_escaped_line(scripted: Scripted) -> None:
    text = "\x1b[2J\x1b]0;owned\x07::error::x\n::set-output name=a::b\u202e"
    scripted.answer = lambda path: as_json(None, 422, status="error", error=text)
    message = asked(scripted.url)
    assert message.isprintable()
    assert "\\x1b[2J" in message


def test_no_answer_in_time(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus_server, "ANSWER_SECONDS", 0.2)
    assert asked(silent).endswith("does not answer in time")


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_is_wanted(scripted: Scripted, status: int) -> None:
    scripted.answer = lambda path: (status, {}, b"no")
    assert asked(scripted.url).endswith(
        f"refuses the query (HTTP {status}): put a bearer token into the environment variable "
        "INFERENERGY_PROMETHEUS_TOKEN"
    )


def test_the_token_is_sent_and_never_shown(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    scripted.answer = lambda path: (401, {}, b"no")
    assert "does not accept the token in INFERENERGY_PROMETHEUS_TOKEN" in asked(scripted.url)
    assert scripted.headers[-1]["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(vars(Server(scripted.url)))


def test_without_a_token_nothing_is_sent_not_even_from_netrc(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert Server(scripted.url).samples("a_joules_total", 60) == ()
    assert "Authorization" not in scripted.headers[-1]


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "grün"])
def test_a_token_that_is_none(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(MeterError, match="characters that no bearer token can have") as caught:
        Server("https://prom.example.org")
    assert token not in str(caught.value)


def test_a_token_is_not_sent_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with pytest.raises(MeterError, match=r"no TLS .* give an https:// address"):
        Server("http://prom.example.org")
    Server("http://localhost:9090").close()
    Server("https://prom.example.org").close()


def test_a_redirect_is_not_followed(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Scripted()
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    scripted.answer = lambda path: (302, {"Location": other.url + path}, b"")
    try:
        assert "redirects the query (HTTP 302), which is not followed" in asked(scripted.url)
        assert other.headers == []
    finally:
        other.close()


@pytest.mark.parametrize("body", [b"<html>Grafana</html>", b"[]", b"{}", b"", b'{"status": 1}'])
def test_it_is_not_prometheus(scripted: Scripted, body: bytes) -> None:
    scripted.answer = lambda path: (200, {}, body)
    assert "but not as Prometheus does: give the address under which" in asked(scripted.url)


def test_an_answer_to_another_question(scripted: Scripted) -> None:
    scripted.answer = lambda path: as_json({"resultType": "vector", "result": []})
    assert "does not answer as Prometheus does: expected a matrix" in asked(scripted.url)


def test_the_query_is_wrong(scripted: Scripted) -> None:
    scripted.answer = lambda path: as_json(
        None, 400, status="error", errorType="bad_data", error="parse error:\n unexpected"
    )
    assert asked(scripted.url).endswith("cannot answer the query: parse error: unexpected")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_it_is_away_for_a_while(scripted: Scripted, status: int) -> None:
    scripted.answer = lambda path: (status, {}, b"")
    with pytest.raises(ServerAwayError):
        Server(scripted.url).time()


def test_no_series(scripted: Scripted) -> None:
    with pytest.raises(MeterError) as caught:
        PrometheusMeter(scripted.url)
    assert str(caught.value).endswith(
        "has no series of DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION nor DCGM_FI_DEV_POWER_USAGE in the "
        "latest 10 minutes; name the counter in the ini key energy_prometheus"
    )
    with pytest.raises(MeterError, match=r"has no series of mine.a='b'. in"):
        PrometheusMeter(scripted.url, Source("mine{a='b'}", 1.0))


@pytest.fixture
def with_tls(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server with a certificate that it has signed itself, and that certificate."""
    import ssl
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate,
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, _, body = Scripted.empty(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"https://localhost:{server.server_address[1]}", certificate
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_certificate_is_verified(
    with_tls: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, certificate = with_tls
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert "is not trusted; set REQUESTS_CA_BUNDLE" in asked(url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert Server(url).samples("a_joules_total", 60) == ()
