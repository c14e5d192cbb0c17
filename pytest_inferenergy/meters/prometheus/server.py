"""One Prometheus server over HTTP: queries, and one-line errors for all that can go wrong."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.prometheus.answer import Series, parse_matrix, parse_scalar
from pytest_inferenergy.meters.prometheus.source import TOKEN_VARIABLE
from pytest_inferenergy.meters.prometheus.within import within

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
MOST_BYTES: Final = 64_000_000
"""An answer that unpacks to more is not read on: ten minutes of a thousand series are a third."""
CHUNK: Final = 16_384
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerAwayError(MeterError):
    """The server does not answer just now; it may later."""


class Server:
    """Asks a server that stays where it is: redirects are not followed, TLS is verified.

    Raises `MeterError` at once where the extra is missing or the token may not be sent.
    """

    def __init__(self, url: str) -> None:
        try:
            import requests
        except ImportError as error:
            raise AbsentError(
                f"the meter prometheus needs the library requests ({error}); type: "
                'pip install "pytest-inferenergy[prometheus]"'
            ) from error
        self._requests = requests
        self._url = url
        parts = urlsplit(url)
        self.name = parts.netloc
        self._has_token, authorise = _authorisation(parts.scheme, parts.hostname or "")
        self._authorise = authorise
        self._session = self._new_session()

    def _new_session(self) -> Any:
        session = self._requests.Session()
        # one that does nothing, too: else requests would look into ~/.netrc
        session.auth = self._authorise
        session.headers["User-Agent"] = "pytest-inferenergy"
        return session

    def close(self) -> None:
        """Drop the connections."""
        self._session.close()

    def time(self) -> tuple[float, float, float]:
        """The server's clock, and when it was asked and answered (``perf_counter`` seconds)."""
        sent = time.perf_counter()
        data = self._ask("time()")
        received = time.perf_counter()
        return self._parsed(parse_scalar, data), sent, received

    def samples(self, selector: str, seconds: float) -> tuple[Series, ...]:
        """What was scraped of some series in the latest ``seconds``."""
        data = self._ask(f"{selector}[{max(round(1000 * seconds), 1)}ms]")
        found: tuple[Series, ...] = self._parsed(parse_matrix, data)
        return found

    def _parsed(self, parse: Any, data: object) -> Any:
        try:
            return parse(data)
        except RecursionError:
            raise MeterError(f"{self.name} does not answer as Prometheus does: too deep") from None
        except ValueError as error:
            raise MeterError(f"{self.name} does not answer as Prometheus does: {error}") from None

    def _ask(self, query: str) -> Any:
        """The data that answer an instant query."""
        requests, session = self._requests, self._session
        limit = CONNECT_SECONDS + ANSWER_SECONDS
        try:
            status, body = within(limit, lambda: self._get(session, query), "inferenergy-query")
        except TimeoutError:
            self._session = self._new_session()  # the old one is still at work
            raise ServerAwayError(f"{self.name} does not answer in time") from None
        except requests.exceptions.SSLError:
            raise MeterError(
                f"the TLS certificate of {self.name} is not trusted; set REQUESTS_CA_BUNDLE to the "
                "file of the authority that signed it"
            ) from None
        except requests.exceptions.Timeout:
            raise ServerAwayError(f"{self.name} does not answer in time") from None
        except (requests.exceptions.RequestException, ValueError, OSError) as error:
            raise ServerAwayError(f"cannot reach {self.name}: {_cause(error)}") from None
        return self._data(status, body)

    def _get(self, session: Any, query: str) -> tuple[int, bytes]:
        """Status and body of an answer; read on for no longer than its asker waits."""
        deadline = time.perf_counter() + CONNECT_SECONDS + ANSWER_SECONDS
        body = bytearray()
        with session.get(
            f"{self._url}/api/v1/query",
            params={"query": query},
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise MeterError(
                        f"{self.name} answers with more than {MOST_BYTES // 1_000_000} MB: select "
                        "fewer series by labels in energy_prometheus"
                    )
                if time.perf_counter() > deadline:
                    raise TimeoutError
            return response.status_code, bytes(body)

    def _data(self, status: int, body: bytes) -> Any:
        if status in {401, 403}:
            hint = (
                f"it does not accept the token in {TOKEN_VARIABLE}"
                if self._has_token
                else f"put a bearer token into the environment variable {TOKEN_VARIABLE}"
            )
            raise MeterError(f"{self.name} refuses the query (HTTP {status}): {hint}")
        if 300 <= status < 400:
            raise MeterError(
                f"{self.name} redirects the query (HTTP {status}), which is not followed: give the "
                "address of Prometheus itself"
            )
        if status in {429, 502, 503, 504}:
            raise ServerAwayError(f"{self.name} does not answer just now (HTTP {status})")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict) or answer.get("status") not in {"success", "error"}:
            raise MeterError(
                f"{self.name} answers (HTTP {status}), but not as Prometheus does: give the "
                "address under which /api/v1/query is found"
            )
        if answer["status"] == "error":
            problem = " ".join(str(answer.get("error", "no reason given")).split())
            raise MeterError(f"{self.name} cannot answer the query: {problem:.300}")
        return answer.get("data")


def _authorisation(scheme: str, host: str) -> tuple[bool, Any]:
    """Whether there is a token, and what puts it into a request's header."""
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        return False, lambda request: request
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise AbsentError(f"{TOKEN_VARIABLE} holds characters that no bearer token can have")
    if scheme != "https" and host not in LOOPBACK:
        raise AbsentError(
            f"{TOKEN_VARIABLE} is set, but prometheus:URL has no TLS and the token would be sent "
            "for all to read: give an https:// address"
        )

    def authorise(request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return True, authorise


def _cause(error: BaseException) -> str:
    """The innermost reason of a failure, in one line."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
