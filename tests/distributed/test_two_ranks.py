"""Two ranks that torch joins: rank 0 measures both, and both make the same number of calls."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from tests.distributed.conftest import RANKS, RunRanks
from tests.integration.conftest import Project
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="no torch")


def calls(project: Project, rank: int) -> int:
    return len((project.path / f"calls_{rank}").read_text("utf-8"))


def test_all_ranks_make_the_calls_that_rank_0_asks_for(
    project: Project, run_ranks: RunRanks
) -> None:
    project.write(
        RANKS
        + """
    def test_call(energy):
        assert energy(model) == 2 + RANK  # each rank's own result
        assert energy.result.seconds_per_inference > 0.04
        (HERE / f"told_{RANK}").write_text(repr(energy.result.kwh_per_1k))

    def test_window(energy):
        with energy.window():
            for _ in range(3 + RANK):  # the slower rank ends the window
                time.sleep(0.1)
        assert energy.result.seconds_per_inference > 0.39

    def test_window_leaves_out_what_was_begun_before(energy, monkeypatch):
        pending = [1.5] if RANK else []  # seconds of work that this rank's GPU has still to do

        def synchronise():
            time.sleep(pending.pop() if pending else 0.0)

        monkeypatch.setattr("pytest_inferenergy.distributed.follower.synchronise", synchronise)
        with energy.window():
            time.sleep(0.3)
        assert energy.result.seconds_per_inference < 1.0

    def test_once(energy):
        assert energy.run(model, once=True).windows == 1

    def test_setup_and_tokens(energy):
        done = energy.run(model, setup=lambda: (0.25,), tokens=lambda answer: 4)
        assert done.joules_per_token > 0

    def test_deck_and_prefill(energy):
        done = energy.run(model, inputs=[0.25, 0.3], prefill=lambda s: model(s - 0.1), tokens=4)
        assert sorted(done.phases) == ["decode", "prefill"]

    def test_nested_is_refused_by_all(energy):
        with pytest.raises(Exception, match="inside a measured call"):
            energy.run(lambda: energy.run(model, name="inner"), name="outer")
        energy.run(model, (0.25,), name="after")

    def test_compare_is_refused_by_all(energy):
        assert "ranks" in energy.compare(model, model).reason

    def test_arun_is_refused_by_all(energy):
        import asyncio

        async def ask():
            return model()

        assert "energy.run" in asyncio.run(energy.arun(ask)).reason
    """
    )
    for done in run_ranks("--energy-update"):
        assert done.returncode == 0, done.stdout
    assert "rank 0 of this job" in done.stdout
    assert calls(project, 0) == calls(project, 1)
    told = [(project.path / f"told_{rank}").read_text("utf-8") for rank in (0, 1)]
    assert told[0] == told[1] == repr(project.measured[0]["kwh_per_1k"])
    assert {len(names[""]["runs"]) for names in project.stored.values() if "" in names} == {1}


def test_gpus_of_all_ranks_are_added_up_and_all_ranks_are_gated(
    project: Project,
    run_ranks: RunRanks,
    fake_nvml: MakeFakeNvml,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each rank has a GPU of its own; the third belongs to nobody."""
    fake_nvml(FakeDevice(watts=300), FakeDevice(watts=500), FakeDevice(watts=700))
    project.write(
        RANKS
        + """
    from tests.nvml.library import FakeNvml

    @pytest.mark.energy_budget("1 mJ", per=1)
    def test_both(energy):
        FakeNvml.current().process(os.getpid(), sm_percent=90, device=RANK)
        dist.barrier()
        energy(model, 0.25)
        assert energy.result.mean_watts == pytest.approx(800, rel=0.1)
    """
    )
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    both = run_ranks()
    for done in both:
        assert done.returncode == pytest.ExitCode.TESTS_FAILED
        assert "over its budget" in done.stdout
    assert ["::error " in done.stdout for done in both] == [True, False]
    (measured,) = project.measured
    parts = sorted(measured["joules_by_device"].values())
    assert len(parts) == 2
    assert parts[1] / parts[0] == pytest.approx(500 / 300, rel=0.05)
    assert sum(parts) == pytest.approx(measured["joules_per_inference"], rel=0.01)
    assert "contended" not in measured["flags"]


def test_a_call_that_fails_on_one_rank_fails_on_all(project: Project, run_ranks: RunRanks) -> None:
    project.write(
        RANKS
        + """
    @pytest.mark.parametrize("failing", [0, 1])
    def test_fails(energy, failing):
        made = []

        def call():
            made.append(model(0.2))
            if RANK == failing and len(made) == 2:
                raise ValueError(f"out of paper, {RANK}")

        energy(call)

    def test_goes_on(energy):
        energy(model, 0.25)
    """
    )
    both = run_ranks("--energy-update")
    for failing in (0, 1):
        assert f"out of paper, {failing}" in both[failing].stdout
        assert f"rank {failing} of this job failed" in both[1 - failing].stdout
    for done in both:
        assert "2 failed, 1 passed" in done.stdout
        assert "INTERNALERROR" not in done.stdout
    assert list(project.stored) == ["test_model.py::test_goes_on"]


def test_ranks_that_lose_each_other_are_told_so(project: Project, run_ranks: RunRanks) -> None:
    project.write(
        RANKS
        + """
    @pytest.fixture(autouse=True)
    def impatient(monkeypatch):
        monkeypatch.setattr("pytest_inferenergy.distributed.channel.PATIENCE", 12.0)

    @pytest.mark.parametrize("rank", [0, 1])
    def test_one(energy, rank):
        if rank == RANK:
            energy(time.sleep, 0.25)

    def test_alone(energy):
        if RANK == 0:
            energy(time.sleep, 0.25)
        else:
            time.sleep(16)
    """
    )
    both = run_ranks()
    for done in both:  # the two halves of the first test meet
        assert "the ranks of this job are at different measurements" in done.stdout
        assert "INTERNALERROR" not in done.stdout
    assert "1 failed, 2 passed" in both[0].stdout
    assert "rank 0 of 2 lost the others at a measurement" in both[0].stdout


@pytest.mark.parametrize("options", [(), ("--energy-strict",)], ids=["usual", "strict"])
def test_ranks_that_torch_does_not_join_are_not_measured(
    project: Project, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    for name, value in {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    project.write("def test_model(energy):\n    energy(int)\n    assert energy.result.windows")
    result = project.run(*options)
    result.assert_outcomes(**{"failed" if options else "skipped": 1})
    result.stdout.fnmatch_lines(["*torch.distributed is not initialised*"])


@needs_torch
def test_one_process_that_drives_its_own_workers_is_no_rank_among_tests(project: Project) -> None:
    """As the engine of a server does: a process group, and no launcher of tests."""
    project.write(
        """
    import subprocess, sys, time
    import torch.distributed as dist

    WORKER = "import sys, torch.distributed as d; d.init_process_group('gloo', " \\
        "init_method=sys.argv[1], rank=1, world_size=2); sys.stdin.read()"

    def test_engine(energy, tmp_path):
        meeting = f"file://{tmp_path / 'meeting'}"
        command = [sys.executable, "-c", WORKER, meeting]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE)
        dist.init_process_group("gloo", init_method=meeting, rank=0, world_size=2)
        energy(time.sleep, 0.25)
        assert energy.result.windows > 1
        dist.destroy_process_group()
        worker.communicate(timeout=60)
    """
    )
    project.run_apart().assert_outcomes(passed=1)


def test_taking_turns_with_a_revision_is_refused_at_the_start(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    result = project.run("--energy-against=HEAD")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--energy-against * one of several ranks*"])


@needs_torch
def test_started_by_torchrun(project: Project) -> None:
    project.write(
        """
    import pytest, torch
    import torch.distributed as dist

    @pytest.fixture(scope="session", autouse=True)
    def ranks():
        dist.init_process_group("gloo")
        yield
        dist.destroy_process_group()

    def test_model(energy):
        energy(lambda: dist.all_reduce(torch.ones(1)))
    """
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    options = [*project.usual, "-p", "no:cacheprovider", "--energy-update"]
    result = project.pytester.run(*command, "-m", "pytest", *options)
    assert result.ret == 0
    assert result.stdout.str().count("energy: 1 measured, 0 compared, 1 new") == 2
    assert len(project.stored["test_model.py::test_model"][""]["runs"]) == 1
