"""Anything that a user, a merge or a broken disk can put in: it is read, or refused by name.

    python -m benchmarks.fuzz --cases 20000

draws so many cases of each kind of input (baselines, traces, results, markers, quantities, ini
values) and exits 1 at the first that ends in any other way, with the smallest such case.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.scale import H200, NOON, a_run
from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.carbon.grams import parse_carbon
from pytest_inferenergy.commands.documents import read_results
from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.meters.trace import parse_trace
from pytest_inferenergy.session.markers import energy, energy_budget
from pytest_inferenergy.session.options.declaration import OPTIONS, read_settings
from pytest_inferenergy.units import parse_energy

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
WORDS = st.sampled_from(
    [
        "",
        "5",
        "-1",
        "nan",
        "inf",
        "1e999",
        "5 %",
        "2.3 Wh",
        "1 kWh",
        "FRA",
        "replay:x",
        "fail",
        "\0",
    ]
)
VALUES = WORDS | st.text(max_size=20) | JSON


def example() -> str:
    """A file of baselines as it is written."""
    import random

    runs = tuple(a_run(random.Random(n), NOON + n) for n in range(3))
    history = History(Anchor(runs[0].log_joules, NOON), runs)
    return serialise(
        Baselines(H200, {"a.py::test_a": {"": history}, "b.py::test_b": {"x": history}})
    )


BASELINES = example()
RESULTS = json.dumps({"schema": 1, "measurements": [{"nodeid": "a", "state": "measured"}]})


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """A text with some of its bytes lost, doubled, moved or overwritten."""
    data = text.encode()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 60)))
        fresh = draw(st.binary(max_size=8) | st.just(data[start:end] * 2) | st.just(b"NaN"))
        data = data[:start] + fresh + data[end:]
    return data


def baselines(data: bytes) -> None:
    """Read, ask for every run, and write again."""
    stored = parse(data, "energy_baselines/x.json")
    for names in stored.tests.values():
        for history in names.values():
            assert history.runs
    text = serialise(stored)
    assert serialise(parse(text.encode(), "again")) == text


def results(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        read_results(Path(file.name))


def trace(data: Any) -> None:
    with contextlib.suppress(ValueError):
        parse_trace(data)


def marker(arguments: dict[str, Any]) -> None:
    # what pytest calls first binds the names; here only those that exist
    energy(**arguments)


def ini(values: dict[str, Any]) -> None:
    """Settings of a configuration that gives these values."""
    config: Any = SimpleNamespace(
        getoption=lambda name, default=None: values.get(name, default),
        getini=lambda _: None,
        rootpath=Path(),
        invocation_params=SimpleNamespace(dir=Path()),
        args_source=None,
        args=[],
    )
    read_settings(config)


NAMES = ["inferences", "name", "tolerance", "must_detect", "max_seconds", "gate", "task"]
TEXTS = [f"energy_{o.name}" for o in OPTIONS if o.name not in ("against", "against_python")]
TRACES = st.fixed_dictionaries(
    {
        "device": JSON | st.fixed_dictionaries({"name": VALUES, "power_limit_watts": VALUES}),
        "energy_counter": st.lists(st.lists(st.integers() | st.floats(), max_size=3), max_size=5),
        "power_samples": st.lists(st.lists(st.integers() | st.floats(), max_size=3), max_size=5),
    }
)
KINDS: dict[str, tuple[Callable[[Any], object], st.SearchStrategy[Any]]] = {
    "baselines": (baselines, damaged(BASELINES) | st.binary(max_size=200)),
    "results": (results, damaged(RESULTS) | JSON.map(lambda v: json.dumps(v).encode())),
    "traces": (trace, TRACES | JSON),
    "markers": (marker, st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)),
    "budgets": (lambda v: energy_budget(*v), st.tuples(VALUES, VALUES) | st.tuples(VALUES)),
    "quantities": (parse_energy, WORDS | st.text(max_size=20)),
    "carbon": (parse_carbon, WORDS | st.text(max_size=20)),
    "ini": (ini, st.dictionaries(st.sampled_from(TEXTS), WORDS | st.text(max_size=20), max_size=4)),
}


def fuzz(kind: str, cases: int) -> int:
    """So many cases of a kind; how many were drawn."""
    read, strategy = KINDS[kind]
    drawn = 0

    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def check(value: Any) -> None:
        nonlocal drawn
        drawn += 1
        with contextlib.suppress(InferenergyError, pytest.UsageError):
            read(value)

    check()
    return drawn


def main() -> int:
    """Fuzz all kinds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=20_000, help="of each kind (20,000)")
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help="which (all)")
    options = parser.parse_args()
    total = 0
    for kind in options.kinds:
        start = time.perf_counter()
        total += (count := fuzz(kind, options.cases))
        print(f"{kind}: {count:,} cases, {time.perf_counter() - start:.0f} s", flush=True)
    print(f"{total:,} cases: each was read or refused by name")
    return 0


if __name__ == "__main__":
    sys.exit(main())
