"""What is measured: a callable with its arguments, and how often it is called in a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import lcm
from typing import Any, Protocol

from pytest_inferenergy.measuring.description import Scalar
from pytest_inferenergy.measuring.digest import input_digest
from pytest_inferenergy.measuring.synchronise import synchronise
from pytest_inferenergy.measuring.workload_check import check
from pytest_inferenergy.meters.meter_set import MeterSet, Span


class Caller(Protocol):
    """Makes the calls of a workload that cannot simply be called where it is measured."""

    awaits: bool
    """Whether the calls are coroutines."""

    def once(self, workload: Workload) -> Any:
        """One call: its result."""

    def together(
        self, workload: Workload, calls: int, meters: MeterSet, stretch: Stretch, keep_first: bool
    ) -> None:
        """So many calls in one span, as `run_stretch` describes."""


@dataclass(frozen=True)
class Workload:
    """A callable and everything needed to call it again and again.

    Either ``args`` and ``kwargs`` are the same for every call, or ``setup`` makes them before each
    call, or ``inputs`` is a deck that each window goes through a whole number of times, each card
    as the last positional argument. Raises `MisuseError` for what cannot be measured.
    """

    call: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    inferences: int = 1
    """Inferences that one call answers."""
    tokens: float | Callable[[Any], float] | None = None
    """Tokens of one call, or a function of what it returns."""
    setup: Callable[[], Any] | None = None
    inputs: Sequence[Any] | None = None
    once: bool = False
    """Never repeat the call."""
    images: float | None = None
    """Images that one call makes."""
    prefill: Callable[..., Any] | None = None
    """The same work ending with the first token: called with the same arguments, it tells the
    energy of reading the prompt from that of writing."""
    prompt_tokens: float | None = None
    """Tokens that one call reads, for the joules per token of ``prefill``."""
    description: Mapping[str, Scalar] = field(default_factory=dict)
    """What is stored and shown: task, model, batch_size, dtype, …"""
    digest_text: str | None = None
    """A digest of the inputs by whoever made them, in place of one made from the arguments."""

    concurrency: int = 1
    """Requests in flight at any time; more than one needs a ``caller``."""
    caller: Caller | None = None
    """Makes the calls of an async workload; ``None``: they are plain calls."""

    def __post_init__(self) -> None:
        check(self)

    def __call__(self) -> Any:
        """One call, unmeasured: its result. With a deck its first card, with ``setup`` after it."""
        if self.caller is not None:
            return self.caller.once(self)
        args, kwargs = self.args, self.kwargs
        if self.setup is not None:
            args, kwargs = _arguments(self.setup())
        elif self.inputs is not None:
            args = (*args, self.inputs[0])
        return self.call(*args, **kwargs)

    @property
    def deck(self) -> int:
        """Calls that belong together: a window holds a whole number of them."""
        return lcm(self.concurrency, 1 if self.inputs is None else len(self.inputs))

    def of_prefill(self) -> Workload:
        """The work that ends with the first token, where ``prefill`` is given."""
        assert self.prefill is not None
        return replace(self, call=self.prefill, prefill=None, tokens=None)

    def digest(self) -> str | None:
        """A digest of the inputs, ``None`` where ``setup`` makes them anew for each call."""
        if self.digest_text is not None:
            return self.digest_text
        if self.setup is not None:
            return None
        return input_digest(self.args, dict(self.kwargs), self.inputs)


@dataclass
class Stretch:
    """What consecutive calls left: when they ran, and what they answered."""

    spans: list[Span] = field(default_factory=list)
    calls: int = 0
    tokens: float | None = None
    first_result: Any = None

    @property
    def seconds(self) -> float:
        """Time inside the spans, seconds."""
        return sum(closing.time - opening.time for opening, closing in self.spans)


def run_stretch(workload: Workload, calls: int, meters: MeterSet, *, keep_first: bool) -> Stretch:
    """Call so often, synchronised at both rims; results after the first are dropped at once.

    With ``setup`` each call is a span of its own, so that what lies between is left out.
    """
    stretch = Stretch(calls=calls, tokens=None if workload.tokens is None else 0.0)
    if workload.caller is not None:
        workload.caller.together(workload, calls, meters, stretch, keep_first)
    elif workload.setup is None:
        _run_together(workload, calls, meters, stretch, keep_first)
    else:
        for number in range(calls):
            prepared = _arguments(workload.setup())
            first = keep_first and number == 0
            one = Workload(workload.call, *prepared, tokens=workload.tokens)
            _run_together(one, 1, meters, stretch, first)
    return stretch


def _run_together(
    workload: Workload, calls: int, meters: MeterSet, stretch: Stretch, keep_first: bool
) -> None:
    call, args, kwargs = workload.call, workload.args, workload.kwargs
    inputs, tokens = workload.inputs, workload.tokens
    counted, result = 0.0, None
    synchronise((args, kwargs))  # what setup has begun is not to be counted
    opening = meters.opening()
    for number in range(calls):
        result = None  # let go of before the next call needs the room
        if inputs is None:
            result = call(*args, **kwargs)
        else:
            result = call(*args, inputs[number % len(inputs)], **kwargs)
        if tokens is not None:
            counted += float(tokens(result)) if callable(tokens) else tokens
        if keep_first and number == 0:
            stretch.first_result = result
    synchronise(result)
    stretch.spans.append((opening, meters.closing()))
    if stretch.tokens is not None:
        stretch.tokens += counted


def _arguments(prepared: object) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """What ``setup`` returned, as positional and keyword arguments."""
    if prepared is None:
        return (), {}
    if isinstance(prepared, tuple):
        return prepared, {}
    if isinstance(prepared, dict):
        return (), prepared
    return (prepared,), {}
