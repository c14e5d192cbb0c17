"""The energy of generating text, by the answer and by the token."""

from __future__ import annotations

import pytest

from pytest_inferenergy import Energy

from .inference import Generator

pytestmark = pytest.mark.energy(max_seconds=5)

PROMPT = "The kettle was always the first thing to wake."
PROMPTS = [
    PROMPT,
    "On market day the square filled before the sun",
    "The road to the village",
    "In the autumn we",
]


def test_energy_per_token(energy: Energy, generator: Generator) -> None:
    m = energy.run(generator, args=([PROMPT], 32), tokens=32)
    assert m.joules_per_token is not None
    assert m.joules_per_token < 10


def test_batch_of_prompts(energy: Energy, generator: Generator) -> None:
    texts = energy.run(
        generator,
        args=(PROMPTS, 32),
        inferences=len(PROMPTS),
        tokens=32 * len(PROMPTS),
        name="four prompts",
        budget="0.5 kWh",  # for 1,000 answers
    )
    assert texts.seconds_per_inference < 10


def test_prefill_and_decode(energy: Energy, generator: Generator) -> None:
    # A window runs once, as it stands, so it should last: here 20 prompts, then 300 tokens.
    with energy.window("prefill", inferences=20) as prefill:
        for _ in range(20):
            generator(["".join(PROMPTS)], 1)
    with energy.window("decode", tokens=300) as decode:
        generator(["The"], 300)
    assert prefill.joules_per_inference < 50
    assert decode.joules_per_token is not None
    assert decode.joules_per_token < 10


@pytest.mark.energy_budget("2 kJ", per=1)
def test_long_answer(energy: Energy, generator: Generator) -> None:
    (text,) = energy(generator, [PROMPT], 128)
    assert text
