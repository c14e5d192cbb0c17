"""Who measures in this process: itself, or where it is one of several ranks, rank 0 for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_inferenergy.distributed.job import distributed, job, launched

if TYPE_CHECKING:
    from pytest_inferenergy.distributed.channel import RankChannel


class Ranks:
    """The side of this process, asked for at each measurement; one for a session."""

    def __init__(self) -> None:
        self._talk: RankChannel | None = None
        self.follows = False
        """Whether rank 0 measured for this process, and writes what is to be written."""

    def side(self, measurer: Any, meter: str, *, against: bool) -> Any:
        """What measures: ``measurer``, or what stands in its place."""
        found = job()
        if found is None:
            began = launched()
            if began is None:
                return measurer
            from pytest_inferenergy.distributed.agreement import Unmeasured

            self.follows = began.rank > 0
            return Unmeasured(
                f"this is rank {began.rank} of {began.size} and torch.distributed is not "
                "initialised: call init_process_group before the measurement, so that all ranks "
                "make the same number of calls; unset LOCAL_RANK where they have nothing to do "
                "with each other"
            )
        self.follows = found.rank > 0
        from pytest_inferenergy.distributed.agreement import NO_TURNS, Unmeasured

        if against:
            return Unmeasured(NO_TURNS)
        return self._by_rank(measurer, meter)

    def _by_rank(self, measurer: Any, meter: str) -> Any:
        from pytest_inferenergy.distributed.channel import RankChannel
        from pytest_inferenergy.distributed.follower import RankFollower
        from pytest_inferenergy.distributed.leader import RankLeader

        torch = distributed()
        if self._talk is None or not self._talk.is_of(torch.group.WORLD):
            self._talk = RankChannel(torch)
        if self._talk.rank:
            return RankFollower(self._talk, meter)
        return RankLeader(measurer, self._talk, meter)
