"""Where nobody measures, nothing is loaded, written or started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import BLOCK, USUAL
from tests.plugins import ALONE

HEAVY = ("pynvml", "numpy", "scipy", "torch", "codecarbon", "tabulate")
LISTS_MODULES = """
    import json, subprocess, sys

    started = []
    sys.addaudithook(
        lambda event, args: started.append(str(args)) if event == "subprocess.Popen" else None
    )

    def pytest_unconfigure(config):
        with open("modules.json", "w") as file:
            json.dump([sorted(sys.modules), started], file)
"""
TESTS = """
    import pytest

    @pytest.mark.energy(tolerance=3)
    @pytest.mark.energy_budget("2.3 Wh")
    def test_fixture(energy):
        pass

    @pytest.mark.energy
    def test_marker():
        pass

    def test_plain():
        pass
"""


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run in a fresh process, with no other plugin that makes folders or loads numpy."""
    pytester.makeconftest(LISTS_MODULES)
    return pytester.runpytest_subprocess(*ALONE, "-p", "no:cacheprovider", *options)


def loaded(pytester: pytest.Pytester) -> list[str]:
    modules, started = json.loads((pytester.path / "modules.json").read_text())
    assert started == []
    return [name for name in HEAVY if name in modules]


def files(pytester: pytest.Pytester) -> set[str]:
    """What lies in the project, but for what pytester itself puts there."""
    return {
        str(path.relative_to(pytester.path))
        for path in pytester.path.rglob("*")
        if path.name not in ("stdout", "stderr", "modules.json", "__pycache__", "conftest.py")
        and path.suffix != ".pyc"
        and not path.name.startswith("runpytest-")
    }


@pytest.mark.parametrize(
    "options",
    [["--collect-only", "-q"], ["-k", "plain"], ["--markers"], ["--help"], ["--energy-disable"]],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(pytester: pytest.Pytester, options: list[str]) -> None:
    pytester.makepyfile(test_model=TESTS)
    result = run(pytester, *options)
    assert result.ret == pytest.ExitCode.OK
    assert loaded(pytester) == []
    assert files(pytester) == {"test_model.py"}


def test_a_measurement_does_load_them(pytester: pytest.Pytester, replay: str) -> None:
    pytester.makepyfile(test_model=BLOCK)
    run(pytester, replay, "--energy-report").assert_outcomes(passed=1)
    assert loaded(pytester) == ["numpy", "scipy", "tabulate"]
    assert files(pytester) == {"test_model.py"}


def test_collecting_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_model=TESTS)
    result = pytester.runpytest_inprocess(*USUAL, "--collect-only")
    result.stdout.no_fnmatch_line("energy: *")


def test_workers_leave_no_lock_behind(
    pytester: pytest.Pytester, replay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = pytester.mkdir("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    pytester.makepyfile(test_model=BLOCK)
    pytester.runpytest_subprocess(*USUAL, replay, "-n", "2").assert_outcomes(passed=1)
    assert [path.name for path in temporary.rglob("*.lock")] == []


def test_without_the_plugin_the_fixture_is_unknown(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nenergy_meter = nvml")
    pytester.makepyfile(test_model=BLOCK)
    result = pytester.runpytest_subprocess("-p", "no:inferenergy")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E  *fixture 'energy' not found"])
    assert "INTERNALERROR" not in result.stdout.str()


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, pytest_inferenergy.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(done.stdout.split())


def test_the_project_is_typed() -> None:
    import pytest_inferenergy

    assert (Path(pytest_inferenergy.__file__).parent / "py.typed").exists()
    assert all(hasattr(pytest_inferenergy, name) for name in pytest_inferenergy.__all__)
