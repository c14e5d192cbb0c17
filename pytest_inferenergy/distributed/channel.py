"""What the ranks of a job say to each other: lines of JSON through a process group of our own."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NoReturn

from pytest_inferenergy.errors import MisuseError, RankError

Message = dict[str, Any]

PATIENCE = 600.0
"""Seconds that one rank waits for the others, as long as NCCL does."""


class RankChannel:
    """All ranks call the same methods in the same order; `RankError` where one does not."""

    def __init__(self, distributed: Any) -> None:
        self._distributed, self._world = distributed, distributed.group.WORLD
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        self._torch: Any = sys.modules["torch"]
        self._lost: str | None = None
        self._busy = False
        self._group: Any = None  # of gloo, since whatever the model uses is busy with the model

    def is_of(self, world: Any) -> bool:
        """Whether that is the process group, or one has taken its place."""
        return self._world is world

    @contextlib.contextmanager
    def measurement(self) -> Iterator[None]:
        """All ranks measure meanwhile, which cannot be nested."""
        if self._busy:
            raise MisuseError("a measurement inside a measured call: measure one or the other")
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def tell(self, message: Message | None = None, *, by: int = 0) -> Message:
        """One rank's message, at all of them; the others give none."""
        try:
            self._join()
            return self._tell(message, by)
        except (RuntimeError, ValueError) as error:
            self._lose(error)

    def each(self, message: Message) -> list[Message]:
        """The messages of all ranks, in their order."""
        mine = self.rank
        return [self.tell(message if rank == mine else None, by=rank) for rank in range(self.size)]

    def ready(self) -> None:
        """Wait until all ranks are; `RankError` names one that failed."""
        failed = self._failures(0)
        if failed:
            raise RankError(f"rank {failed - 1} of this job failed in the measured call")

    def fail(self) -> None:
        """Say that this rank failed, where the others wait for it to be ready."""
        with contextlib.suppress(RankError):  # what failed here is worth more
            self._failures(self.rank + 1)

    def _failures(self, mine: int) -> int:
        """The highest of what all ranks say."""
        try:
            self._join()
            told = self._torch.tensor([mine])
            highest = self._distributed.ReduceOp.MAX
            self._distributed.all_reduce(told, op=highest, group=self._group)
            return int(told.item())
        except (RuntimeError, ValueError) as error:
            self._lose(error)

    def _tell(self, message: Message | None, by: int) -> Message:
        data = b"" if message is None else json.dumps(message).encode()
        length = self._torch.tensor([len(data)])
        self._distributed.broadcast(length, src=by, group=self._group)
        size = int(length.item())
        text = self._torch.zeros(size, dtype=self._torch.uint8)
        if message is not None:
            text = self._torch.tensor(list(data), dtype=self._torch.uint8)
        self._distributed.broadcast(text, src=by, group=self._group)
        told: Message = json.loads(bytes(text.tolist()))
        return told

    def _join(self) -> None:
        if self._lost is not None:
            raise RankError(self._lost)
        if self._group is None:
            wait = timedelta(seconds=PATIENCE)
            self._group = self._distributed.new_group(backend="gloo", timeout=wait)

    def _lose(self, error: Exception) -> NoReturn:
        said = (str(error).strip() or repr(error)).splitlines()[0]
        self._lost = (
            f"rank {self.rank} of {self.size} lost the others at a measurement, which all "
            f"ranks have to come to, in the same order ({said:.200})"
        )
        raise RankError(self._lost) from error
