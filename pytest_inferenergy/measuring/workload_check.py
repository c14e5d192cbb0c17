"""What a `Workload` must hold to be measured; a `MisuseError` names the field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_inferenergy.errors import MisuseError
from pytest_inferenergy.measuring.description import description_problem

if TYPE_CHECKING:
    from pytest_inferenergy.measuring.workload import Workload


def check(workload: Workload) -> None:
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
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
