"""The work to be measured, in a process of its own so that no tool slows it down or is slowed.

``gpu_bound``: BERT-base on batches of 256 in bfloat16. ``host_bound``: GPT-2, batch 1, eight tokens
a call. ``square``: 150 ms of matrix products, 170 ms of nothing. ``bursts``: the same number of
products, about 10 ms of them, once a period and at a given phase of it. Random weights and inputs.

The kind ``sleep`` does nothing: it is for trying the benchmark out on a machine without a GPU.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

Step = Callable[[], None]

BATCH, LENGTH, TOKENS = 256, 128, 8
HIGH, LOW = 0.150, 0.170
BURST = 0.010


@dataclass(frozen=True)
class Failed:
    """What the process sends in place of an answer."""

    text: str


class LoadError(Exception):
    """The work failed in its process."""


class Load:
    """Steers the process that does the work."""

    def __init__(self, kind: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, kind), daemon=True)
        self._process.start()
        theirs.close()
        self.device: dict[str, Any] = self._answer()
        """What the framework says of the device: ``uuid``, and the versions of the libraries."""

    def start(self, name: str, **facts: float) -> None:
        """Begin a load; returns when it runs."""
        self._pipe.send((name, facts))
        self._answer()

    def stop(self) -> dict[str, float]:
        """End it: how many steps, in how many seconds."""
        self._pipe.send(None)
        done: dict[str, float] = self._answer()
        return done

    def throughput(self, name: str, quads: int, seconds: float) -> dict[str, Any]:
        """Rates of the work in blocks without and with this project's meter in its process."""
        self._pipe.send(("throughput", {"name": name, "quads": quads, "seconds": seconds}))
        found: dict[str, Any] = self._answer()
        return found

    def _answer(self) -> Any:
        answer = self._pipe.recv()
        if isinstance(answer, Failed):
            raise LoadError(answer.text)
        return answer

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(("quit", {}))
        self._process.join(5.0)
        self._process.terminate()


@contextlib.contextmanager
def load_process(kind: str) -> Iterator[Load]:
    """The process that does the work; ``kind`` is ``torch`` or ``sleep``."""
    load = Load(kind)
    try:
        yield load
    finally:
        load.close()


def _serve(pipe: Connection, kind: str) -> None:
    makers = _attempt(_Torch if kind == "torch" else _Sleep)
    if isinstance(makers, Failed):
        pipe.send(makers)
        return
    pipe.send(makers.device())
    while True:
        name, facts = pipe.recv()
        if name == "quit":
            return
        if name == "throughput":
            from benchmarks.live.throughput import rates

            pipe.send(
                _attempt(
                    lambda asked: rates(
                        makers.step(asked["name"]), asked["quads"], asked["seconds"]
                    ),
                    facts,
                )
            )
        else:
            _run(pipe, makers, name, facts)


def _run(pipe: Connection, makers: Any, name: str, facts: dict[str, float]) -> None:
    """Work until told to stop. A failure is the answer to the stop, or to the start."""
    step = _attempt(lambda: makers.step(name, **facts))
    failed = step if isinstance(step, Failed) else _attempt(step)
    if failed is not None:
        pipe.send(failed)
        return
    pipe.send("running")
    begin, steps = time.perf_counter(), 0
    while failed is None and not pipe.poll():
        failed = _attempt(step)
        steps += 1
    pipe.recv()
    pipe.send(failed or {"steps": steps, "seconds": time.perf_counter() - begin})


def _attempt(act: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return act(*arguments)
    except Exception:
        return Failed(traceback.format_exc())


def wait_until(instant: float) -> None:
    """Sleep most of the time, then spin: exact to some microseconds."""
    pause = instant - time.perf_counter() - 0.001
    if pause > 0:
        time.sleep(pause)
    while time.perf_counter() < instant:
        pass


class _Sleep:
    def device(self) -> dict[str, Any]:
        return {"uuid": None, "versions": {}}

    def step(self, _name: str, **_facts: float) -> Step:
        def rest() -> None:
            time.sleep(0.004)
            sum(range(2000))

        return rest


class _Torch:
    def __init__(self) -> None:
        import torch

        self._torch: Any = torch
        self._steps: dict[str, Step] = {}
        self._products: tuple[Step, int] | None = None
        torch.manual_seed(0)
        torch.zeros(1, device="cuda")

    def device(self) -> dict[str, Any]:
        import transformers

        facts = self._torch.cuda.get_device_properties(0)
        return {
            "uuid": f"GPU-{facts.uuid}",
            "versions": {
                "torch": self._torch.__version__,
                "transformers": transformers.__version__,
            },
        }

    def step(self, name: str, **facts: float) -> Step:
        if name in ("gpu_bound", "host_bound"):
            if name not in self._steps:
                make = self._classifier if name == "gpu_bound" else self._generator
                self._steps[name] = make()
            return self._steps[name]
        if name == "square":
            return self._square()
        return self._bursts(**facts)

    def _classifier(self) -> Step:
        from transformers import BertConfig, BertModel

        torch = self._torch
        with torch.device("cuda"):
            model: Any = BertModel(BertConfig()).to(torch.bfloat16)
            model.eval()
            ids = torch.randint(1000, 30000, (BATCH, LENGTH))
            mask = torch.ones_like(ids)

        def forward() -> None:
            with torch.inference_mode():
                model(input_ids=ids, attention_mask=mask)
            torch.cuda.synchronize()

        return forward

    def _generator(self) -> Step:
        from transformers import GPT2Config, GPT2LMHeadModel

        torch = self._torch
        with torch.device("cuda"):
            model: Any = GPT2LMHeadModel(GPT2Config())
            model.eval()
            ids = torch.randint(0, 50000, (1, 16))
            mask = torch.ones_like(ids)

        def generate() -> None:
            with torch.inference_mode():
                model.generate(
                    ids,
                    attention_mask=mask,
                    max_new_tokens=TOKENS,
                    min_new_tokens=TOKENS,
                    do_sample=False,
                    pad_token_id=0,
                )
            torch.cuda.synchronize()

        return generate

    def _product(self) -> tuple[Step, int]:
        """A matrix product, not waited for, and how many of them fill a burst."""
        if self._products is None:
            torch = self._torch
            left = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
            right = torch.randn(4096, 4096, device="cuda", dtype=torch.bfloat16)
            result = torch.empty_like(left)

            def product() -> None:
                torch.mm(left, right, out=result)

            for count in (200, 200):  # the first warms up
                torch.cuda.synchronize()
                begin = time.perf_counter()
                for _ in range(count):
                    product()
                torch.cuda.synchronize()
                each = (time.perf_counter() - begin) / count
            self._products = product, max(1, round(BURST / each))
        return self._products

    def _square(self) -> Step:
        product, burst = self._product()

        def period() -> None:
            begin = time.perf_counter()
            while time.perf_counter() < begin + HIGH:
                for _ in range(burst // 4 + 1):
                    product()
                self._torch.cuda.synchronize()
            wait_until(begin + HIGH + LOW)

        return period

    def _bursts(self, period: float, phase: float) -> Step:
        product, burst = self._product()

        def one() -> None:
            turn = math.floor((time.perf_counter() / period) - phase) + 1
            wait_until((turn + phase) * period)
            for _ in range(burst):
                product()
            self._torch.cuda.synchronize()

        return one
