"""The digest of inputs: the same for the same values, another for others, in every process."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.measure import digest
from pytest_inferenergy.measure.digest import input_digest
from pytest_inferenergy.measure.workload import Workload

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.complex_numbers(),
)
INPUTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
    max_leaves=12,
)


@given(INPUTS)
def test_is_twelve_digits_and_stable(value: object) -> None:
    first = input_digest(value)
    assert len(first) == 12
    int(first, 16)
    assert input_digest(value) == first


@given(INPUTS, INPUTS)
def test_tells_values_apart(one: object, other: object) -> None:
    if not (one == other or repr(one) == repr(other)):
        assert input_digest(one) != input_digest(other)


@given(st.lists(st.text(), min_size=2, max_size=2), st.text())
def test_tells_where_one_value_ends_and_the_next_begins(texts: list[str], more: str) -> None:
    first, second = texts
    assert input_digest(first + more, second) != input_digest(first, more + second) or not more
    assert input_digest([first], second) != input_digest([first, second])
    assert input_digest([[first], [second]]) != input_digest([[first, second], []])


def test_is_the_same_in_another_process() -> None:
    code = "from pytest_inferenergy.measure.digest import input_digest as d; print(d({1, 2}, 'x'))"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_arrays_count_with_shape_type_and_values() -> None:
    array = np.arange(6, dtype=np.float32)
    others = [array + 1, array.reshape(2, 3), array.astype(np.float64), array[::-1]]
    digests = {input_digest(a) for a in (array, *others)}
    assert len(digests) == 5
    assert input_digest(array.copy()) == input_digest(array)
    assert input_digest(np.arange(12, dtype=np.float32)[::2]) == input_digest(array * 2)


def test_huge_arrays_count_with_shape_and_type_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MOST_BYTES", 100)
    small, large = np.zeros(10), np.zeros(100)
    assert input_digest(small) != input_digest(small + 1)
    assert input_digest(large) == input_digest(large + 1)


def test_torch_tensors_are_brought_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tensor:
        """The corner of a tensor that is asked."""

        def __init__(self, values: list[float]) -> None:
            self.values = np.array(values, dtype=np.float32)
            self.shape, self.dtype, self.nbytes = self.values.shape, "float32", self.values.nbytes

        def detach(self) -> Tensor:
            return self

        cpu = contiguous = detach

        def reshape(self, size: int) -> Tensor:
            return self

        def view(self, kind: str) -> SimpleNamespace:
            assert kind == "uint8"
            return SimpleNamespace(numpy=lambda: self.values.view(np.uint8))

    fake: Any = SimpleNamespace(Tensor=Tensor, uint8="uint8")
    monkeypatch.setitem(sys.modules, "torch", fake)
    assert input_digest(Tensor([1, 2])) == input_digest(Tensor([1, 2]))
    assert input_digest(Tensor([1, 2])) != input_digest(Tensor([1, 3]))


def test_what_has_no_values_counts_with_its_type() -> None:
    class Model:
        pass

    class Other:
        pass

    assert input_digest(Model()) == input_digest(Model())
    assert input_digest(Model()) != input_digest(Other())


def test_neither_order_of_keys_nor_of_a_set_matters() -> None:
    assert input_digest({"a": 1, "b": 2}) == input_digest({"b": 2, "a": 1})
    assert input_digest({"a": 1, "b": 2}) != input_digest({"a": 2, "b": 1})
    assert input_digest({"x", "y"}) == input_digest({"y", "x"}) != input_digest({"x", "z"})


def test_an_image_counts_with_its_pixels() -> None:
    def image(pixels: bytes) -> SimpleNamespace:
        return SimpleNamespace(size=(2, 1), mode="L", tobytes=lambda: pixels)

    assert input_digest(image(b"ab")) == input_digest(image(b"ab"))
    assert input_digest(image(b"ab")) != input_digest(image(b"ac"))


def test_what_holds_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert input_digest(loop) == input_digest(loop)


def test_what_fails_to_be_read_is_no_failure() -> None:
    class Broken:
        shape = (3,)
        dtype = "float32"
        nbytes = 12

        def tobytes(self) -> bytes:
            raise RuntimeError("on another device")

    assert len(input_digest(Broken())) == 12


def test_a_workload_tells_its_inputs() -> None:
    plain = Workload(len, args=("abc",))
    assert plain.digest() == Workload(len, args=("abc",)).digest()
    assert plain.digest() != Workload(len, args=("abd",)).digest()
    assert Workload(len, inputs=["a"]).digest() != Workload(len, inputs=["b"]).digest()
    assert Workload(len, setup=lambda: "abc").digest() is None
