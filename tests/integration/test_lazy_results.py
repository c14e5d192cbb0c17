"""A call that leaves its work for later is refused in every way of measuring; nothing is stored."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

WAYS = """
    import concurrent.futures, itertools, pytest, time
    from unittest.mock import MagicMock

    POOL = concurrent.futures.ThreadPoolExecutor(1)

    def lazily():
        yield time.sleep(0.01)

    async def promised():
        return POOL.submit(time.sleep, 0.01)

    def read(prompts):
        return [time.sleep(0.01) for _ in prompts]

    def busily():
        time.sleep(0.25)

    def test_call(energy):
        energy(lazily)

    def test_run(energy):
        energy.run(lambda: {"texts": [lazily()]}, name="texts")

    def test_once(energy):
        energy.run(lazily, once=True)

    def test_prefill(energy):
        energy.run(busily, prefill=lazily)

    def test_compare(energy):
        energy.compare(lambda: None, lazily)

    @pytest.mark.anyio
    async def test_arun(energy):
        await energy.arun(promised, concurrency=2)

    @pytest.mark.energy
    def test_marker_only():
        return lazily()

    def test_one_shot(energy):
        energy(read, iter([1, 2]))

    def test_one_shot_compare(energy):
        energy.compare(read, read, (iter([1, 2]),))

    @pytest.fixture
    def prompts():
        return map(str, [1, 2])

    @pytest.mark.energy
    def test_one_shot_fixture(prompts):
        read(prompts)

    @pytest.mark.anyio
    async def test_one_shot_arun(energy):
        async def ask(prompts):
            return read(prompts)

        await energy.arun(ask, (iter([1, 2]),))

    # -- fine

    def test_once_may_use_any(energy):
        assert energy.run(read, (iter(range(20)),), once=True).mean_watts

    def test_a_cycle(energy):
        energy(lambda it: (next(it), busily()), itertools.cycle("ab"))

    def test_mocks_and_files(energy, tmp_path):
        path = tmp_path / "answer.txt"
        path.write_text("answer")
        energy(lambda mock: (busily(), MagicMock())[1], MagicMock())
        with path.open() as file:
            energy.run(lambda: (busily(), file), name="file")

    def test_unmeasured(energy):
        pass
"""


@pytest.mark.every_python
def test_no_way_of_measuring_takes_it(project: Project) -> None:
    project.write(WAYS)
    result = project.pytester.runpytest_inprocess(
        "--energy-json=results.json", "--energy-update", "-p", "no:asyncio", "-k", "not trio"
    )
    result.assert_outcomes(failed=11, passed=4, deselected=2)
    result.stdout.fnmatch_lines_random(
        [
            "*MisuseError: the call returned a generator, which is not computed yet: *",
            "*MisuseError: the call returned a generator (in a dict), which is not computed yet: "
            "the measurement would miss its work; consume it in the call, as with `list(...)`",
            "*MisuseError: the call returned a concurrent.futures.Future, which is not computed "
            "yet: the measurement would miss its work; let the call end with `.result()`",
            "*MisuseError: the first call exhausted an input (list_iterator), so later calls *",
            "*MisuseError: the first call exhausted an input (map), so later calls *",
        ]
    )
    measured = {one["nodeid"].rpartition("::")[2] for one in project.measured}
    assert measured == {"test_once_may_use_any", "test_a_cycle", "test_mocks_and_files"}
    stored = "".join(path.read_text("utf-8") for path in project.path.glob("energy_baselines/*"))
    assert "test_a_cycle" in stored
    assert "test_call" not in stored
    assert "test_one_shot" not in stored
