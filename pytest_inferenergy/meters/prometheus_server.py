"""One Prometheus server over HTTP: queries, and one-line errors for all that can go wrong."""

from __future__ import annotations

import os
import re
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import AbsentError, MeterError
from pytest_inferenergy.meters.prometheus_answer import Series, parse_matrix, parse_scalar
from pytest_inferenergy.meters.prometheus_source import TOKEN_VARIABLE

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
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
        self._session = requests.Session()
        # one that does nothing, too: else requests would look into ~/.netrc
        self._session.auth = authorise
        self._session.headers["User-Agent"] = "pytest-inferenergy"

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
        except ValueError as error:
            raise MeterError(f"{self.name} does not answer as Prometheus does: {error}") from None

    def _ask(self, query: str) -> Any:
        """The data that answer an instant query."""
        requests = self._requests
        try:
            response = self._session.get(
                f"{self._url}/api/v1/query",
                params={"query": query},
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError:
            raise MeterError(
                f"the TLS certificate of {self.name} is not trusted; set REQUESTS_CA_BUNDLE to the "
                "file of the authority that signed it"
            ) from None
        except requests.exceptions.Timeout:
            raise ServerAwayError(f"{self.name} does not answer in time") from None
        except (requests.exceptions.RequestException, ValueError, OSError) as error:
            raise ServerAwayError(f"cannot reach {self.name}: {_cause(error)}") from None
        return self._data(response)

    def _data(self, response: Any) -> Any:
        status = response.status_code
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
            answer = response.json()
        except ValueError:
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
