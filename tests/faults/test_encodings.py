"""Consoles and files of another encoding than UTF-8: everything is told, nothing raises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.commands.conftest import outcome, write_results
from tests.integration.conftest import Project

NAMED = """
    import time

    def test_größe_日本(energy):
        with energy.window("−"):
            time.sleep(0.2)
"""
encodings = pytest.mark.parametrize("encoding", ["cp1252", "ascii"])


@encodings
def test_a_console_that_lacks_characters_is_told_everything(
    project: Project, encoding: str
) -> None:
    project.write(NAMED)
    project.path.joinpath("test_model.py").rename(project.path / "test_größe.py")
    project.store("test_größe.py::test_größe_日本", name="−")
    command = [sys.executable, "-m", "pytest", "--energy-report", "--energy-meter=nvml"]
    command += ["--energy-gate=warn"]  # a busy machine takes longer than it did in the baseline
    # what goes to a pipe here went to a console of that encoding there
    done = subprocess.run(
        command,
        cwd=project.path,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding=encoding,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    told = done.stdout.splitlines()
    row = next(line for line in told if line.startswith("test_gr") and "measured" in line)
    assert "\\u65e5\\u672c \\u2212" in row
    assert any(line.startswith("-----") for line in told)
    assert any(line.startswith("energy: 1 measured, 1 compared") for line in told)


@encodings
def test_the_command_tells_everything_there(project: Project, encoding: str) -> None:
    results = project.path / "größe−.json"
    write_results(results, outcome(nodeid="test_größe.py::test_日本", name="−"))
    commands = [
        ["compare", results.name, results.name],
        ["accept", results.name],
        ["show"],
        ["report", results.name, "--csv", "größe−.csv"],
        ["show", "日本"],
    ]
    for words in commands:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_inferenergy.cli", *words],
            cwd=project.path,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
        )
        told = (done.stdout + done.stderr).decode(encoding, "replace")
        assert done.returncode == (2 if words[-1] == "日本" else 0), told
        assert "Traceback" not in told


def test_no_file_is_read_or_written_in_the_encoding_of_the_system(project: Project) -> None:
    project.write(NAMED)
    kinds = [f"--energy-{kind}=out.{kind}" for kind in ("json", "csv", "markdown", "html")]
    options = ["--energy-meter=nvml", "--energy-update", "-p", "no:cacheprovider", *kinds]
    warn = ["-X", "warn_default_encoding", "-W", "always::EncodingWarning"]
    command = [sys.executable, *warn, "-m", "pytest", *options]
    done = subprocess.run(
        command, cwd=project.path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if "EncodingWarning" in line and "inferenergy" in line] == []
