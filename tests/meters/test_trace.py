"""Recorded traces from files: what is wrong with one is told, whatever it is."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import TraceError
from pytest_inferenergy.meters import trace as trace_module
from pytest_inferenergy.meters.trace import Trace, parse_trace, read_trace
from tests.nvml.curve import TRACES


def good(**changes: Any) -> dict[str, Any]:
    """A small trace as decoded JSON."""
    return {
        "device": "NVIDIA H200",
        "energy_counter": [[0.1 * i, 1e6 + 30_000 * i] for i in range(20)],
        "power_samples": [[0.02 * i, 300_000] for i in range(100)],
    } | changes


def test_a_good_one_is_read_in_joules_and_watts(tmp_path: Path) -> None:
    for name, pack in (("plain.json", bytes), ("packed.gz", gzip.compress)):
        path = tmp_path / name
        path.write_bytes(pack(json.dumps(good(driver="580.1")).encode()))
        trace = read_trace(path)
        assert trace.device == "NVIDIA H200"
        assert trace.driver == "580.1"
        assert trace.ticks[:2] == ((0.0, 1000.0), (0.1, 1030.0))
        assert trace.samples[0] == (0.0, 300.0)


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.gz")), ids=lambda path: path.name[:8])
def test_the_recorded_ones_are_read(path: Path) -> None:
    trace = read_trace(path)
    assert len(trace.ticks) > 80
    assert len(trace.samples) > 500


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"device": None}, "'device' must be the name"),
        ({"device": ""}, "'device' must be the name"),
        ({"energy_counter": None}, "'energy_counter' must be a list"),
        ({"energy_counter": [[0.0, 1.0]]}, "needs at least two ticks"),
        ({"energy_counter": [[0, 2], [1, 1]]}, "goes back"),
        ({"energy_counter": [[0, 2], [1, 2]]}, "never moves"),
        ({"energy_counter": [[0, 1], [1, "2"]]}, r"'energy_counter'\[1\] must be two finite"),
        ({"energy_counter": [[0, 1], [1]]}, r"'energy_counter'\[1\] must be two finite"),
        ({"energy_counter": [[0, 1], [1, True]]}, "must be two finite"),
        ({"energy_counter": [[0, 1], [0.1, 2]]}, "lasts 0.1 s"),
        ({"energy_counter": [[i / 1e5, i] for i in range(60_000)]}, "entries a second"),
        ({"power_samples": {}}, "'power_samples' must be a list"),
        ({"power_samples": [[0, -1]]}, "negative power"),
        ({"power_samples": [[1, 5], [0, 5]]}, r"'power_samples'\[1\] goes back in time"),
        ({"power_samples": [[0, float("nan")]]}, "must be two finite"),
        ({"power_samples": [[0, 10**400]]}, "must be two finite"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_trace(good(**changes))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[]",
        b"\xff\xfe\x00",
        b'{"device": "x"',
        b"[" * 100_000,
        b"1" * 5000,
        b"\x1f\x8b",
        b"\x1f\x8bnonsense, not a header",
        gzip.compress(json.dumps(good()).encode())[:-20],
        gzip.compress(b"{}", mtime=0),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="broken"):
        read_trace(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("with\0nul")):
        with pytest.raises(TraceError, match="cannot read the trace"):
            read_trace(path)


def test_a_file_that_unpacks_for_ever_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_module, "MOST_BYTES", 100_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(TraceError, match="larger than 100000 bytes"):
        read_trace(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ROWS = JSON | st.lists(st.lists(JSON, min_size=2, max_size=2), max_size=4)


@given(device=JSON, counter=ROWS, samples=ROWS)
def test_anything_is_a_trace_or_an_error(device: object, counter: object, samples: object) -> None:
    for data in (
        device,
        {"device": device, "energy_counter": counter, "power_samples": samples},
        good(energy_counter=counter),
        good(power_samples=samples),
    ):
        with contextlib.suppress(ValueError):
            assert isinstance(parse_trace(data), Trace)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_trace_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    with contextlib.suppress(TraceError):
        read_trace(path)
