"""Lines of JSON between two processes: builtin values only, never a pickle."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Callable
from typing import Any

from pytest_inferenergy.clock import time

Message = dict[str, Any]

LONGEST = 1 << 24
"""A line longer than this many bytes is no message."""
LOOK = 0.2
"""How often the other side is looked after while it is silent, seconds."""


class ClosedError(Exception):
    """The other side is gone."""


class SilentError(Exception):
    """The other side did not answer in time."""


class Channel:
    """One end of a connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()

    def send(self, message: Message) -> None:
        """Send one message; raises `ClosedError`."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise ClosedError(str(error)) from error

    def receive(
        self, seconds: float | None = None, alive: Callable[[], bool] | None = None
    ) -> Message:
        """The next message; raises `ClosedError`, or `SilentError` after so many seconds.

        ``alive`` is asked now and then: somebody's child may hold the socket open for the dead.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while (end := self._received.find(b"\n")) < 0:
            if deadline is not None and time.monotonic() > deadline:
                raise SilentError
            ready, _, _ = select.select([self._socket], [], [], LOOK if deadline else None)
            if ready:
                self._read()
            elif alive is not None and not alive():
                raise ClosedError
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ClosedError
        return message

    def _read(self) -> None:
        try:
            part = self._socket.recv(1 << 16)
        except OSError as error:
            raise ClosedError(str(error)) from error
        if not part or len(self._received) > LONGEST:
            raise ClosedError
        self._received += part

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
