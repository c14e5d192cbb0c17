"""What goes wrong on either side is said, says which side, and leaves nothing behind."""

from __future__ import annotations

import signal
import time

import pytest

from tests.against.conftest import QUICK, Repository


def broken(repository: Repository, body: str, name: str = "src/mylib/__init__.py") -> None:
    """Commit something broken, then mend it."""
    good = (repository.path / name).read_text()
    repository.write(name, body)
    repository.commit()
    repository.write(name, good)
    repository.commit()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("import os\ndef work(): print('so long'); os._exit(7)", "ended with exit status 7"),
        ("import os\ndef work(): os.kill(os.getpid(), 11)", "was ended by signal SIGSEGV"),
        ("import time\ndef work(): time.sleep(600)", "hangs: its workload took longer than 3 s"),
    ],
    ids=["exit", "segfault", "hang"],
)
def test_a_reference_process_that_dies_or_hangs(
    repository: Repository, body: str, says: str
) -> None:
    repository.write("tests/conftest.py", QUICK.replace("15.0", "3.0"))
    broken(repository, body)
    began = time.monotonic()
    run = repository.run("--energy-max-seconds=0.5")
    assert time.monotonic() - began < 40
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says(f"energy was not compared: the reference side, HEAD~1 (*), {says}*")
    run.says("energy: against HEAD~1 (*): 1 lost with the reference side")
    repository.assert_clean()


def test_an_import_error_of_the_reference_side(repository: Repository) -> None:
    broken(repository, "import nothing_like_it\n")
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says(
        "ERROR: --energy-against: the reference side, HEAD~1 (*), cannot collect *test_model.py:",
        "*No module named 'nothing_like_it'",
    )
    repository.assert_clean()


def test_a_conftest_of_the_reference_side_that_cannot_be_imported(repository: Repository) -> None:
    broken(repository, "import nothing_like_it\n", "tests/conftest.py")
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says(
        "ERROR: --energy-against: the reference side, HEAD~1 (*), ended with exit status 4:",
        "*No module named 'nothing_like_it'",
    )
    repository.assert_clean()


def test_an_import_error_of_the_present_side_starts_nothing(repository: Repository) -> None:
    repository.write("src/mylib/__init__.py", "import nothing_like_it\n")
    run = repository.run(against="HEAD")
    assert run.ret == pytest.ExitCode.INTERRUPTED
    run.says("*ERROR tests/test_model.py*")
    assert "reference side" not in run.output
    repository.assert_clean()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("def work(): raise ValueError('no weights')", "the test failed: call: *no weights"),
        ("import pytest\ndef work(): pytest.skip('no card')", "the test was skipped: *no card"),
    ],
    ids=["fails", "skips"],
)
def test_a_test_that_does_not_run_at_the_revision(
    repository: Repository, body: str, says: str
) -> None:
    broken(repository, body)
    run = repository.run("--energy-max-seconds=0.5")
    assert run.ret == pytest.ExitCode.OK
    run.says(f"*inconclusive: not compared with HEAD~1 (*): at HEAD~1 (*) {says}")
    run.says("energy: against HEAD~1 (*): 1 not compared", "*1 inconclusive*")
    repository.assert_clean()


def test_strict_fails_what_could_not_be_compared(repository: Repository) -> None:
    broken(repository, "def work(): raise ValueError('no weights')")
    run = repository.run("--energy-strict", "--energy-max-seconds=0.5")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy inconclusive: not compared with HEAD~1 (*): at HEAD~1 *no weights")


def test_a_failure_of_the_present_side_is_its_own(repository: Repository) -> None:
    repository.write(
        "src/mylib/__init__.py",
        """
        import time
        calls = []
        def work():
            calls.append(1)
            time.sleep(0.01)
            if len(calls) == 40:
                raise RuntimeError("CUDA out of memory")
        """,
    )
    run = repository.run(against="HEAD")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("*RuntimeError: CUDA out of memory", "*both revisions hold their model*")
    repository.assert_clean()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_nothing_behind(
    repository: Repository, number: signal.Signals
) -> None:
    repository.write(
        "src/mylib/__init__.py",
        """
        import time, pathlib, os
        def work():
            pathlib.Path(os.environ["TMPDIR"], f"at_work_{os.getpid()}").touch()
            time.sleep(0.05)
    """,
    )
    repository.commit()
    scratch = repository.path.parent / "scratch"
    process = repository.start("--energy-against", "HEAD")
    deadline = time.monotonic() + 40
    while len(list(scratch.glob("at_work_*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(list(scratch.glob("at_work_*"))) == 2
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == (2 if number == signal.SIGINT else -number)
    # without a present process, its janitor cleans up; the locks beside its folder are left
    while any(path.is_dir() for path in scratch.glob("pytest-inferenergy-*")):
        assert time.monotonic() < deadline, "the janitor did not clean up"
        time.sleep(0.05)
    repository.assert_clean()


def test_at_the_revision_it_is_not_compared(bare: Repository) -> None:
    test = """
        from mylib import work

        def test_it(energy):
            energy(lambda: ({}))
    """
    bare.write("tests/test_model.py", test.replace("{}", "work() for _ in range(2)"))
    bare.commit()
    bare.write("tests/test_model.py", test.replace("{}", "work()"))
    run = bare.run(against="HEAD")
    run.says("*at HEAD (*) the test failed: call: *MisuseError: the call returned a generator*")
    (mark,) = bare.marks.values()
    assert (mark["state"], mark["verdict"]) == ("not_compared", "inconclusive")
