"""Options that cannot work are usage errors that name them; without them nothing is loaded."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.against.conftest import Repository


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            ["--energy-against=nowhere"],
            "--energy-against: git does not know the revision 'nowhere'",
        ),
        (["--energy-against="], "--energy-against: '' is no revision"),
        (["--energy-against=--help"], "--energy-against: '--help' is no revision"),
        (["--energy-against=HEAD", "-n2"], "--energy-against * xdist workers: leave out -n"),
        (["--energy-against=HEAD", "--energy-disable"], "--energy-against *--energy-disable*"),
        (["--energy-against-python=python3"], "--energy-against-python needs --energy-against REF"),
        (
            ["--energy-against=HEAD", "--energy-against-python=/nowhere/python"],
            "--energy-against-python: /nowhere/python cannot be executed",
        ),
        (
            ["--energy-against=HEAD", "--energy-against-python", "/bin/sh"],
            "--energy-against-python: write --energy-against-python=PATH*",
        ),
    ],
)
def test_a_bad_option_is_named(repository: Repository, options: list[str], says: str) -> None:
    run = repository.run(*options, against=None)
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says(f"ERROR: {says}*")


def test_a_folder_without_git(repository: Repository) -> None:
    (repository.path / ".git").rename(repository.path / "not-git")
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says("ERROR: --energy-against: * is in no git checkout*")


def test_a_shallow_clone_says_what_to_fetch(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    clone = tmp_path / "clone"
    source = f"file://{repository.path}"
    subprocess.run(["git", "clone", "-q", "--depth=1", source, str(clone)], check=True)
    repository.path = clone
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says("ERROR: --energy-against: *shallow clone, fetch more history first*")


def test_collecting_alone_starts_nothing(repository: Repository) -> None:
    run = repository.run("--collect-only", against="HEAD")
    assert run.ret == pytest.ExitCode.OK
    assert "reference" not in run.output


def test_without_the_option_nothing_of_it_is_imported(repository: Repository) -> None:
    repository.write(
        "tests/test_model.py",
        """
        import sys

        def test_imports(energy):
            of_it = ("pytest_inferenergy.ab.", "pytest_inferenergy.session.against")
            assert not [name for name in sys.modules if name.startswith(of_it)]
        """,
    )
    repository.write("tests/conftest.py", "")
    assert repository.run(against=None).ret == pytest.ExitCode.OK


def test_the_reference_side_reports_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    repository.commit()
    repository.run("--energy-csv=r.csv", "--energy-markdown=r.md")
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert page.count("### Energy of inference") == 1
    assert (repository.path / "r.md").read_text(encoding="utf-8") == page
    assert "1 measured" in page
