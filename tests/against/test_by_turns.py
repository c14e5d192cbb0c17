"""``--energy-against``, the straight path: a change of revision is found, and none is not."""

from __future__ import annotations

import pytest

from tests.against.conftest import Repository

SUITE = """
    import pytest
    from pathlib import Path
    from mylib import work

    @pytest.fixture(scope="module")
    def weights():
        return (Path("models") / "weights.bin").read_text()

    @pytest.mark.parametrize("batch", [1, 2])
    def test_batch(energy, weights, batch):
        assert weights == "heavy"
        energy.run(work, inferences=batch, name=f"b{batch}")
        assert energy.result.mean_watts > 0

    @pytest.mark.energy
    def test_marker_only():
        work()

    def test_{name}(energy):
        energy(work)
"""


@pytest.mark.every_python
def test_a_slow_down_between_two_revisions_is_found(repository: Repository) -> None:
    repository.work(0.03)
    repository.commit()
    run = repository.run("--energy-report")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says(
        "*against HEAD~1 (*), by turns, * pairs: change = time +* % x power *",
        "energy regressed: *",
        "  baseline * kWh/1k (against HEAD~1 (*), by turns, * pairs)",
        "  energy +*tolerance 10 %",
        "  change = time +* % x power *",
        "  sure at 99.9* %*",
        "  to see what changed: git diff *",
        "energy: against HEAD~1 (*): 1 by turns",
        "energy: 1 measured, 1 compared, 1 regressed",
    )
    (outcome,) = repository.results["measurements"]
    assert 1.3 < outcome["details"]["time_ratio"] < 1.7
    assert 0.98 < outcome["details"]["power_ratio"] < 1.02
    assert outcome["against"]["pairs"] >= 6
    assert repository.git("status", "--short") == ""
    repository.assert_clean()


def test_unchanged_code_passes_in_all_forms_and_new_tests_are_listed(bare: Repository) -> None:
    bare.write("tests/test_model.py", SUITE.replace("{name}", "old_name"))
    bare.commit()
    bare.write("tests/test_model.py", SUITE.replace("{name}", "new_name"))
    bare.write("models/weights.bin", "heavy")  # git does not know it
    run = bare.run("--junitxml=junit.xml", against="HEAD")
    assert run.ret == pytest.ExitCode.OK
    run.says(
        "energy: not at HEAD (*): tests/test_model.py::test_new_name",
        "energy: only at HEAD (*): tests/test_model.py::test_old_name",
        "energy: against HEAD (*): 3 by turns, 1 only here",
        "energy: 4 measured, 3 compared, 1 new",
    )
    states = {name: (mark["state"], mark["verdict"]) for name, mark in bare.marks.items()}
    assert states == {
        "test_batch[1]b1": ("turns", "passed"),
        "test_batch[2]b2": ("turns", "passed"),
        "test_marker_only": ("turns", "passed"),
        "test_new_name": ("only_here", "new"),
    }
    assert bare.results["against"]["only_there"] == ["tests/test_model.py::test_old_name"]
    bare.assert_clean()


def test_several_measurements_of_a_test_are_met_in_their_order(bare: Repository) -> None:
    bare.write(
        "tests/test_model.py",
        """
        from mylib import work

        def test_all(energy):
            with energy.window("prefill") as w:
                work()
            assert w.joules_per_inference > 0
            energy.run(work, name="once", once=True)
            decks = energy.run(lambda x: work(), inputs=[1, 2], name="cycle")
            assert decks.kwh_per_1k > 0
            energy.run(lambda x: work(), setup=lambda: 1, name="setup")
        """,
    )
    bare.commit()
    run = bare.run(against="HEAD")
    assert run.ret == pytest.ExitCode.OK
    assert {name[len("test_all") :]: mark["state"] for name, mark in bare.marks.items()} == {
        "prefill": "not_compared",
        "once": "not_compared",
        "cycle": "turns",
        "setup": "turns",
    }


def test_what_is_stored_screens_and_only_turns_may_say_regressed(repository: Repository) -> None:
    repository.store(joules=300 * 0.0202)
    wide = "--energy-tolerance=40"  # for the verdict not to hang on how busy this machine is
    held = repository.run(wide, against="HEAD")
    assert held.ret == pytest.ExitCode.OK
    held.says("energy: against HEAD (*): 1 held by stored runs", "energy: 1 measured, 1 compared")

    repository.store(joules=300 * 0.01)  # a level that no revision here ever had
    confirmed = repository.run(wide, against="HEAD")
    assert confirmed.ret == pytest.ExitCode.OK
    confirmed.says("energy: against HEAD (*): 1 by turns", "energy: 1 measured, 1 compared")
    assert repository.marks["test_work"]["verdict"] == "passed"
