"""What is measured: a callable with its arguments and counts, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, lcm
from typing import Any, Protocol

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.description import Scalar, description_problem
from pytest_inferenergy.measure.digest import input_digest
from pytest_inferenergy.meters.meter_set import MeterSet


class Caller(Protocol):
    """Makes the calls of a workload that cannot simply be called where it is measured."""

    awaits: bool
    """Whether the calls are coroutines."""

    def once(self, workload: Workload) -> Any:
        """One call: its result."""

    def together(
        self,
        workload: Workload,
        calls: int,
        meters: MeterSet,
        call_span: CallSpan,
        keep_first: bool,
    ) -> None:
        """So many calls in one span, as `calling.run_calls` describes."""


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
        _check(self)

    def __call__(self) -> Any:
        """One call, unmeasured: its result. With a deck its first card, with ``setup`` after it."""
        if self.caller is not None:
            return self.caller.once(self)
        args, kwargs = self.args, self.kwargs
        if self.setup is not None:
            args, kwargs = arguments_of(self.setup())
        elif self.inputs is not None:
            args = (*args, self.inputs[0])
        return self.call(*args, **kwargs)

    @property
    def cycle(self) -> int:
        """Calls that belong together: a window holds a whole number of them."""
        return lcm(self.concurrency, 1 if self.inputs is None else len(self.inputs))

    def of_prefill(self) -> Workload:
        """The work that ends with the first token, where ``prefill`` is given."""
        assert self.prefill is not None
        return replace(self, call=self.prefill, prefill=None, tokens=None)

    def digest(self, root: str = "") -> str | None:
        """A digest of the inputs, ``None`` where ``setup`` makes them anew for each call.

        ``root``: see `input_digest`.
        """
        if self.digest_text is not None:
            return self.digest_text
        if self.setup is not None:
            return None
        return input_digest(self.args, dict(self.kwargs), self.inputs, root=root)


def arguments_of(prepared: object) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """What ``setup`` returned, as positional and keyword arguments."""
    if prepared is None:
        return (), {}
    if isinstance(prepared, tuple):
        return prepared, {}
    if isinstance(prepared, dict):
        return (), prepared
    return (prepared,), {}


def _check(workload: Workload) -> None:
    """Raise `MisuseError` for what cannot be measured."""
    if not callable(workload.call):
        raise MisuseError(f"the workload must be callable, got {type(workload.call).__name__}")
    _check_counts(workload)
    _check_arguments(workload)
    problem = description_problem(workload.description)
    if problem is not None:
        raise MisuseError(problem)
    text = workload.digest_text
    if text is not None and not (isinstance(text, str) and text):
        raise MisuseError(f"digest_text={text!r:.80}: must be a text")


def _check_counts(workload: Workload) -> None:
    inferences, tokens = workload.inferences, workload.tokens
    if isinstance(inferences, bool) or not isinstance(inferences, int):
        raise MisuseError(f"inferences={inferences!r}: must be an int")
    if inferences < 1:
        raise MisuseError(f"inferences={inferences}: must be at least 1")
    if not (tokens is None or callable(tokens) or _is_positive(tokens)):
        raise MisuseError(f"tokens={tokens!r}: must be a positive number or a function")
    concurrency = workload.concurrency
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise MisuseError(f"concurrency={concurrency!r:.80}: must be an int of at least 1")
    for name in ("images", "prompt_tokens"):
        count = getattr(workload, name)
        if not (count is None or _is_positive(count)):
            raise MisuseError(f"{name}={count!r:.80}: must be a positive number")


def _check_arguments(workload: Workload) -> None:
    if not isinstance(workload.kwargs, Mapping):
        raise MisuseError(f"kwargs={workload.kwargs!r:.80}: must be a dict of keyword arguments")
    for name in ("setup", "prefill"):
        function = getattr(workload, name)
        if not (function is None or callable(function)):
            raise MisuseError(f"{name}={function!r:.80}: must be a function")
    inputs = workload.inputs
    if inputs is not None and not hasattr(inputs, "__len__"):
        raise MisuseError(f"inputs={inputs!r:.80}: must be a list, its length is needed")
    if inputs is not None and workload.setup is not None:
        raise MisuseError("give setup= or inputs=, not both: both make the arguments")
    if inputs is not None and not len(inputs):
        raise MisuseError("inputs= is empty: nothing to measure")
    if workload.setup is not None and workload.caller is not None and workload.caller.awaits:
        raise MisuseError("setup= cannot go with energy.arun: make the arguments in the coroutine")
    if workload.prefill is not None and workload.once:
        raise MisuseError("give prefill= or once=, not both: prefill is measured by repetition")


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf
