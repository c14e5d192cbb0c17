"""Hypothesis strategies for anything that a baseline file can hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from pytest_inferenergy.baselines.fields import text_problem
from pytest_inferenergy.baselines.history import Anchor, Baselines, History
from pytest_inferenergy.baselines.profile import COMPONENT_ORDER, MachineProfile
from pytest_inferenergy.stats.runs import Run

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda text: text_problem(text) is None
)
numbers = st.floats(-1e29, 1e29)
not_negative = st.floats(0, 1e29)
logarithms = st.floats(-60, 60)
instants = st.floats(0, 253_402_300_799)

runs = st.builds(
    Run,
    log_joules=logarithms,
    log_seconds=logarithms,
    stderr=not_negative,
    window_sd=not_negative,
    windows=st.integers(1, 2**63),
    window_seconds=not_negative,
    time=instants,
    waiting_watts=st.none() | numbers,
    waiting_watts_stderr=st.none() | numbers,
    idle_watts=st.none() | numbers,
    inferences_per_call=st.integers(1, 2**63),
    concurrency=st.integers(1, 2**63),
    device=st.none() | texts,
    input_digest=st.none() | texts,
    locked_clock_mhz=st.none() | st.integers(0, 10_000),
    driver=st.none() | texts,
    power_limit_watts=st.none() | numbers,
    sm_clock_mhz=st.none() | numbers,
    temperature_c=st.none() | numbers,
    tokens_per_inference=st.none() | not_negative,
    description=st.dictionaries(
        texts, texts | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(0, 9), max_size=3
    ),
    throttle_reasons=st.none() | st.integers(0, 2**64 - 1),
    commit=st.none() | texts,
    libraries=st.dictionaries(texts, texts, max_size=3),
    environment=st.dictionaries(texts, texts, max_size=3),
)
histories = st.builds(
    History,
    anchor=st.builds(Anchor, log_joules=logarithms, time=instants),
    fresh=st.lists(runs, min_size=1, max_size=4).map(tuple),
)
profiles = st.builds(
    MachineProfile,
    device=texts,
    count=st.integers(1, 1000),
    power_limit_watts=st.none() | st.integers(0, 10_000),
    mig=st.booleans(),
    meter=st.sampled_from(["nvml", "rapl", "codecarbon", "replay"]) | texts,
    components=st.sets(st.sampled_from(COMPONENT_ORDER), min_size=1).map(
        lambda chosen: tuple(name for name in COMPONENT_ORDER if name in chosen)
    ),
)
names = st.just("") | texts
tests = st.dictionaries(
    texts, st.dictionaries(names, histories, min_size=1, max_size=2), max_size=3
)
former = st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)


def _renamed(made: Baselines) -> st.SearchStrategy[Baselines]:
    """Some of its tests had other ids before."""
    ids = (
        st.dictionaries(st.sampled_from(sorted(made.tests)), former) if made.tests else st.just({})
    )
    return ids.map(lambda found: replace(made, former=found))


baselines = st.builds(Baselines, profile=profiles, tests=tests).flatmap(_renamed)
