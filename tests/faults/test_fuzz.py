"""A small helping of what ``benchmarks/fuzz.py`` does at length."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import KINDS, fuzz


@pytest.mark.parametrize("kind", KINDS)
def test_any_input_is_read_or_refused_by_name(kind: str) -> None:
    assert fuzz(kind, 100) >= 10
