"""Both arms do the same work in the same environment, and what that cannot show never passes."""

from __future__ import annotations

import math

import pytest

from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import update
from pytest_inferenergy.stats.runs import Run
from tests.against.conftest import Repository
from tests.baselines.baseline_examples import H200, NOON, a_run

COUNTED = """
    from mylib import work

    def test_work(energy):
        energy.run(work, inferences={inferences})
"""
GIVEN = """
    import time

    def test_work(energy):
        energy.run(lambda text: time.sleep(0.02), args=({value},))
"""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            COUNTED.format(inferences=1),
            COUNTED.format(inferences=2),
            "inferences per call 1 → 2",
        ),
        (GIVEN.format(value="'a film'"), GIVEN.format(value="'a longer film'"), "other input data"),
    ],
    ids=["inferences", "inputs"],
)
def test_other_work_is_not_compared(bare: Repository, before: str, after: str, said: str) -> None:
    bare.write("tests/test_model.py", before)
    bare.commit()
    bare.write("tests/test_model.py", after)
    run = bare.run("--energy-strict", against="HEAD")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says(f"*inconclusive: not compared with HEAD (*): inputs changed since HEAD (*): {said}")
    mark = bare.marks["test_work"]
    assert (mark["state"], mark["verdict"]) == ("not_compared", "inconclusive")


def test_where_the_checkout_lies_is_no_other_input(bare: Repository) -> None:
    bare.write("tests/test_model.py", GIVEN.format(value="{'file': [__file__, 'x']}"))
    bare.commit()
    assert bare.run("--energy-tolerance=40", against="HEAD").ret == pytest.ExitCode.OK
    assert bare.marks["test_work"]["state"] == "turns"


def test_a_dependency_bump_does_not_pass_by_the_code_that_stayed(
    bare: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both revisions run with today's package, so that they cannot see what it costs."""
    package = bare.path.parent / "site" / "slowlib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("__version__ = '2.0'\n")
    bare.write(".gitignore", "results.json\n__pycache__/\n.pytest_cache/\nenergy_baselines/\n")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    bare.write("tests/test_model.py", "import slowlib\nfrom mylib import work\n\n\n"
               "def test_work(energy):\n    energy(work)\n")  # fmt: skip
    bare.commit()
    for session in range(4):
        run = a_run(
            log_joules=math.log(300 * 0.01),
            log_seconds=math.log(0.01),
            time=NOON - session * 86400,
            environment={"slowlib": "1.0"},
        )

        def change(stored: Baselines, run: Run = run) -> Baselines:
            return join(stored, "tests/test_model.py::test_work", "", run)

        update(bare.path / "energy_baselines", H200, change)
    (file,) = (bare.path / "energy_baselines").glob("*.json")
    before = file.read_bytes()
    found = bare.run("--energy-update", "--energy-tolerance=40", against="HEAD")
    (measured,) = bare.results["measurements"]
    assert measured["verdict"] == "inconclusive"
    assert "slowlib 1.0 → 2.0" in measured["details"]["reason"]
    assert "level_moved" in measured["flags"]
    found.says("*slowlib 1.0 → 2.0*")
    assert file.read_bytes() == before


def test_a_pass_beside_another_revision_does_not_join_runs_that_say_regressed(
    repository: Repository,
) -> None:
    repository.store(joules=300 * 0.01)
    (file,) = (repository.path / "energy_baselines").glob("*.json")
    before = file.read_bytes()
    found = repository.run("--energy-update", "--energy-tolerance=40", against="HEAD")
    assert found.ret == pytest.ExitCode.OK
    (measured,) = repository.results["measurements"]
    assert (measured["verdict"], measured["flags"]) == ("passed", ["level_moved"])
    assert file.read_bytes() == before
