"""Two revisions that do not fit into memory together: whole processes take turns."""

from __future__ import annotations

import pytest

from tests.against.conftest import QUICK, Repository

MODEL = """
    import fcntl
    import tempfile
    import time
    from pathlib import Path

    class Model:
        '''Holds the only place there is in memory, from its making to `close`.'''

        def __init__(self):
            self.place = open(Path(tempfile.gettempdir()) / "memory", "w")
            try:
                fcntl.flock(self.place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RuntimeError("CUDA out of memory. Tried to allocate 90.00 GiB.") from None

        def __call__(self):
            time.sleep({seconds})

        def close(self):
            self.place.close()
"""
CONFTEST = (
    QUICK.replace("from pytest_inferenergy.ab import client, interleave", "import pytest\n")
    + """
    import mylib
    from pytest_inferenergy.ab import client, interleave, rounds

    @pytest.fixture(scope="session")
    def model():
        model = mylib.Model()
        yield model
        model.close()
"""
)
TEST = """
    def test_model(energy, model):
        energy(model)
"""
TWO = """
    import time

    def test_model(energy, model):
        with energy.window("small") as small:
            time.sleep(0.3)
        assert small.joules_per_inference > 0
        energy.run(model, name="large")
"""


@pytest.fixture
def large(repository: Repository) -> Repository:
    """A project whose model fills the memory."""
    quick, _, fixture = CONFTEST.partition("    import mylib")
    imports = "    from pytest_inferenergy.ab import client, interleave, rounds\n"
    repository.write("tests/conftest.py", imports + quick + "    import mylib" + fixture)
    repository.write("tests/test_model.py", TEST)
    weigh(repository, 0.02)
    return repository


def weigh(repository: Repository, seconds: float) -> None:
    """Commit a model whose calls take so long."""
    repository.write("src/mylib/__init__.py", MODEL.format(seconds=seconds))
    repository.commit()


def test_a_heavier_model_is_found(large: Repository) -> None:
    large.write("tests/test_model.py", TWO)
    weigh(large, 0.02)
    weigh(large, 0.03)
    run = large.run("--energy-max-seconds=30", "--junitxml=junit.xml")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("FAILED tests/test_model.py::test_model large by rounds*")
    run.says("energy: against HEAD~1 (*): 1 by rounds of processes, 1 not compared")
    run.says("energy: 2 measured, 1 compared, 1 regressed*")
    _, outcome = large.results["measurements"]
    assert outcome["against"]["state"] == "rounds"
    assert outcome["against"]["pairs"] >= 4
    assert outcome["verdict"] == "regressed"
    assert outcome["change"] == pytest.approx(0.5, abs=0.1)
    assert outcome["test_outcome"] == "failed"
    assert outcome["failed_by_gate"]  # so that `inferenergy accept` may take the new level
    assert 'name="test_model large by rounds"' in (large.path / "junit.xml").read_text()
    large.assert_clean()


def test_an_equal_model_passes(large: Repository) -> None:
    weigh(large, 0.02)
    run = large.run("--energy-max-seconds=30")
    assert run.ret == pytest.ExitCode.OK
    run.says("energy: 1 measured, 1 compared")
    (outcome,) = large.results["measurements"]
    assert (outcome["verdict"], outcome["against"]["state"]) == ("passed", "rounds")
    large.assert_clean()


def test_rounds_that_were_not_run_are_no_pass(large: Repository) -> None:
    large.write("tests/test_model.py", TEST + "\n    def test_other():\n        assert False\n")
    weigh(large, 0.02)
    weigh(large, 0.03)
    run = large.run("-x", "-p", "no:randomly", "--energy-max-seconds=30")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy: ERROR: tests/test_model.py::test_model: not compared by rounds: stopping*")
    (outcome,) = large.results["measurements"]
    assert outcome["verdict"] == "inconclusive"
    assert outcome["against"]["pairs"] is None
    large.assert_clean()


def test_a_model_that_is_never_let_go_of_is_told(large: Repository) -> None:
    large.write("tests/test_model.py", "import mylib\nMODEL = None\n" + TEST_FOREVER)
    weigh(large, 0.02)
    weigh(large, 0.03)
    run = large.run("--energy-max-seconds=30")
    assert run.ret == pytest.ExitCode.OK
    (outcome,) = large.results["measurements"]
    assert outcome["verdict"] == "inconclusive"
    assert "out of memory" in outcome["against"]["reason"]
    run.says("*1 inconclusive*")
    large.assert_clean()


TEST_FOREVER = """
def test_model(energy):
    global MODEL
    MODEL = mylib.Model()
    energy(MODEL)
"""
