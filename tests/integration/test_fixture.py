"""The `energy` fixture: what a test author touches."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project


def test_calling_it_returns_the_first_result_and_takes_any_arguments(project: Project) -> None:
    project.write("""
        import itertools, time

        count = itertools.count(1)

        def model(text, *, length):
            time.sleep(0.25)
            return next(count), text[:length]

        def test_it(energy):
            assert energy(model, "a fine film", length=6) == (1, "a fine")
            assert next(count) == 4
            result = energy.result
            assert result.inferences == result.windows == 2
            assert 60 < result.joules_per_inference < 90
            assert abs(result.wh_per_1k - 1000 * result.kwh_per_1k) < 1e-9
            assert result.low <= result.kwh_per_1k <= result.high
            assert result.source == "measured"
            assert list(result.components) == ["gpu"]
            assert result.total_kwh_per_1k == result.components["gpu"].kwh_per_1k
            assert result.verdict == "new"
            assert result.baseline is result.change is result.joules_per_token is None
            assert len(result.devices) == 1
            assert abs(result.joules_above_idle) < 10
    """)
    project.run().assert_outcomes(passed=1)


def test_run_takes_arguments_inferences_and_tokens(project: Project) -> None:
    project.write("""
        import time

        def model(texts, *, seconds):
            time.sleep(seconds)
            return [len(text) for text in texts]

        def test_number(energy):
            m = energy.run(
                model, args=(["a", "b"],), kwargs={"seconds": 0.25}, inferences=2, tokens=10,
            )
            assert m is energy.result
            assert m.inferences == 4
            assert 30 < m.joules_per_inference < 45
            assert abs(m.joules_per_token - m.joules_per_inference / 5) < 1e-9
            assert abs(m.tokens_per_joule * m.joules_per_token - 1) < 1e-9

        def test_function(energy):
            m = energy.run(model, (["abc", "d"],), {"seconds": 0.25}, inferences=2, tokens=sum)
            assert abs(m.joules_per_token - m.joules_per_inference / 2) < 1e-9
    """)
    project.run().assert_outcomes(passed=2)


def test_the_energy_of_setup_is_left_out(project: Project) -> None:
    project.write("""
        import time

        setups = []

        def prepare():
            setups.append(1)
            time.sleep(0.2)
            return len(setups), 0.25

        def model(number, seconds):
            assert number == len(setups)
            time.sleep(seconds)

        def test_it(energy):
            m = energy.run(model, setup=prepare)
            assert len(setups) == 3
            assert 0.24 < m.seconds_per_inference < 0.35
            assert 300 * 0.24 < m.joules_per_inference < 300 * 0.35
    """)
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("prepared", "expected"),
    [
        ("(1, 2)", "((1, 2), {})"),
        ("{'a': 1}", "((), {'a': 1})"),
        ("[1, 2]", "(([1, 2],), {})"),
        ("None", "((), {})"),
    ],
)
def test_what_setup_returns_becomes_the_arguments(
    project: Project, prepared: str, expected: str
) -> None:
    project.write(f"""
        def model(*args, **kwargs):
            assert (args, kwargs) == {expected}

        def test_it(energy):
            energy.run(model, setup=lambda: {prepared}, once=True)
    """)
    project.run("--energy-disable").assert_outcomes(passed=1)


def test_each_window_is_whole_passes_over_the_deck(project: Project) -> None:
    project.write("""
        import collections, time

        calls = collections.Counter()

        def model(scale, seconds):
            calls[seconds] += 1
            time.sleep(scale * seconds)

        def test_it(energy):
            m = energy.run(model, (0.5,), inputs=[0.1, 0.2, 0.3])
            assert set(calls.values()) == {3}
            assert m.windows == 2
            assert m.inferences == 6
            assert 0.09 < m.seconds_per_inference < 0.15
    """)
    project.run().assert_outcomes(passed=1)


def test_once_never_repeats(project: Project) -> None:
    project.write("""
        import time

        calls = []

        def test_it(energy):
            m = energy.run(lambda: calls.append(time.sleep(0.2)), once=True)
            assert calls == [None]
            assert m.windows == m.inferences == 1
            assert 55 < m.joules_per_inference < 75
    """)
    project.run().assert_outcomes(passed=1)
    assert project.measured[0]["low"] < project.measured[0]["kwh_per_1k"]


def test_a_window_has_its_figures_after_the_block(project: Project) -> None:
    project.write("""
        import time

        def test_it(energy):
            with energy.window("decode", inferences=2, tokens=128, budget="1 kWh") as w:
                time.sleep(0.2)
            assert 27 < w.joules_per_inference < 40
            assert abs(w.joules_per_token * 64 - w.joules_per_inference) < 1e-9
            assert w.result is energy.result
            assert energy.result.name == "decode"
    """)
    project.run().assert_outcomes(passed=1)
    assert project.measured[0]["budget"]["word"] == "passed"


@pytest.mark.every_python
def test_an_error_inside_a_window_is_the_tests_own_and_the_next_one_measures(
    project: Project,
) -> None:
    project.write("""
        import time
        import pytest

        def test_it(energy):
            with pytest.raises(ValueError, match="inside"):
                with energy.window("first"):
                    raise ValueError("inside")
            with energy.window("second"):
                time.sleep(0.2)
    """)
    project.run().assert_outcomes(passed=1)
    assert [m["name"] for m in project.measured] == ["second"]


def test_a_callable_may_raise_and_the_next_one_measures(project: Project) -> None:
    project.write("""
        import time
        import pytest

        def test_it(energy):
            with pytest.raises(ZeroDivisionError):
                energy.run(lambda: 1 / 0, name="broken")
            energy.run(time.sleep, (0.25,), name="whole")
    """)
    project.run().assert_outcomes(passed=1)
    assert [m["name"] for m in project.measured] == ["whole"]


def test_results_are_let_go_of(project: Project) -> None:
    project.write("""
        import gc, time, weakref

        class Answer:
            pass

        answers = []
        alive = []

        def model():
            alive.append(sum(answer() is not None for answer in answers))
            time.sleep(0.08)
            answer = Answer()
            answers.append(weakref.ref(answer))
            return answer

        def test_it(energy):
            first = energy(model)
            assert first is answers[0]()
            assert len(answers) > 6
            assert max(alive) == 1  # the first, which is returned
            del first
            gc.collect()

        def test_after():
            assert [answer() for answer in answers] == [None] * len(answers)
    """)
    project.run().assert_outcomes(passed=2)


def test_the_mark_selects_tests_that_use_the_fixture(project: Project) -> None:
    project.write("""
        import pytest

        @pytest.fixture
        def measured(energy):
            return energy

        def test_fixture(energy):
            pass

        def test_through_another(measured):
            pass

        @pytest.mark.energy
        def test_marker():
            pass

        def test_plain():
            pass
    """)
    selected = project.run("--energy-disable", "-m", "energy", "-v")
    selected.assert_outcomes(passed=3, deselected=1)
    selected.stdout.no_fnmatch_line("*test_plain*")
    rest = project.run("--energy-disable", "-m", "not energy")
    rest.assert_outcomes(passed=1, deselected=3)
    rest.stdout.no_fnmatch_line("energy: *")


def test_settings_of_the_marker_hold_for_the_fixture(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.energy(inferences=4, name="batch")
        def test_it(energy):
            energy(time.sleep, 0.25)
            assert energy.result.name == "batch"
            assert energy.result.inferences == 8
    """)
    project.run().assert_outcomes(passed=1)
