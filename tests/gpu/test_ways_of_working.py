"""Work done by CUDA graphs, on several streams, by CuPy and by JAX is measured right.

Each is held against the bare counter over seconds of calls that wait for their own end. The plugin
waits for the devices by itself: the calls it is given return at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_inferenergy import Energy
from tests.gpu.truth import energy_of_a_call

SIZE = 4096
PRODUCTS = 40
"""About 8 ms of work a call."""
AGREES = 0.02


def check(energy: Energy, call: Callable[[], Any], wait: Callable[[Any], Any]) -> None:
    """The plugin's figure of ``call`` against the counter's of ``call`` and ``wait`` for it."""
    measured = energy.run(call)

    def waited() -> None:
        wait(call())

    truth = energy_of_a_call(waited)
    ratio = measured.joules_per_inference / truth.joules
    pace = measured.seconds_per_inference / truth.seconds
    print(f"{truth.joules:.3f} J, {1e3 * truth.seconds:.2f} ms a call: {ratio:.4f}, {pace:.4f}")
    assert measured.source == "measured"
    assert ratio == pytest.approx(1, abs=AGREES)
    assert pace == pytest.approx(1, abs=AGREES)


def waiting(torch: Any) -> Callable[[Any], Any]:
    """Waits for all that torch has begun."""
    return lambda _result: torch.cuda.synchronize()


class Products:
    """A chain of matrix products on the current stream."""

    def __init__(self, torch: Any) -> None:
        self.left = torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16)
        self.right = torch.randn(SIZE, SIZE, device="cuda", dtype=torch.bfloat16)
        self.result = torch.empty_like(self.left)
        self._multiply = torch.mm

    def __call__(self, products: int = PRODUCTS) -> None:
        for _ in range(products):
            self._multiply(self.left, self.right, out=self.result)


def test_the_usual_way(energy: Energy, torch: Any) -> None:
    check(energy, Products(torch), waiting(torch))


def test_a_cuda_graph(energy: Energy, torch: Any) -> None:
    work = Products(torch)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        work()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    check(energy, graph.replay, waiting(torch))


def test_a_side_stream_that_the_call_does_not_wait_for(energy: Energy, torch: Any) -> None:
    work, side = Products(torch), torch.cuda.Stream()

    def call() -> None:
        with torch.cuda.stream(side):
            work()

    check(energy, call, waiting(torch))


def test_several_streams_at_once(energy: Energy, torch: Any) -> None:
    works = [Products(torch) for _ in range(3)]
    streams = [torch.cuda.Stream() for _ in works]

    def call() -> None:
        for work, stream in zip(works, streams, strict=True):
            with torch.cuda.stream(stream):
                work(PRODUCTS // 3)

    check(energy, call, waiting(torch))


def test_graphs_on_several_streams(energy: Energy, torch: Any) -> None:
    works = [Products(torch) for _ in range(2)]
    streams = [torch.cuda.Stream() for _ in works]
    graphs = []
    for work, stream in zip(works, streams, strict=True):
        with torch.cuda.stream(stream):
            work()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            work(PRODUCTS // 2)
        graphs.append(graph)

    def call() -> None:
        for graph, stream in zip(graphs, streams, strict=True):
            with torch.cuda.stream(stream):
                graph.replay()

    check(energy, call, waiting(torch))


def test_cupy(energy: Energy, torch: Any) -> None:
    cupy = pytest.importorskip("cupy")
    left = cupy.random.rand(SIZE, SIZE, dtype=cupy.float32).astype(cupy.float16)

    def call() -> None:
        for _ in range(PRODUCTS):
            left @ left

    check(energy, call, lambda _result: cupy.cuda.runtime.deviceSynchronize())


def test_jax(energy: Energy, torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    jax: Any = pytest.importorskip("jax")
    if jax.default_backend() != "gpu":
        pytest.skip("this jax has no GPU")
    left = jax.random.normal(jax.random.key(0), (SIZE, SIZE), dtype="bfloat16")

    def products(x: Any) -> Any:
        for _ in range(4 * PRODUCTS):  # waiting for each call takes JAX a fraction of a millisecond
            x = (x @ left) * 0.01
        return x

    chain = jax.jit(products)
    check(energy, lambda: chain(left), jax.block_until_ready)
