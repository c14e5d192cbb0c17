"""A report is there as a whole, or the last good one is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.report.files import write
from pytest_inferenergy.report.github import append_summary
from tests.report.documents import document, full

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")
LONG = "x" * 20_000


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond that, as on a disk that is full."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@posix
def test_a_full_disk_leaves_the_last_good_one(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    write(path, "good", "--html")
    with room_for(1000), pytest.raises(InferenergyError, match=r"--html: cannot write .*r.html"):
        write(path, LONG, "--html")
    assert path.read_text() == "good"
    assert os.listdir(tmp_path) == ["r.html"]


@posix
def test_a_full_disk_leaves_no_first_one(tmp_path: Path) -> None:
    with room_for(1000), pytest.raises(InferenergyError):
        write(tmp_path / "r.html", LONG, "--html")
    assert os.listdir(tmp_path) == []


@posix
def test_a_full_disk_leaves_the_summary_of_other_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "summary.md"
    path.write_text("another step's\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    with room_for(1000):
        fault = append_summary(document([full(f"t.py::test_{n}") for n in range(9)]))
    assert fault is not None
    assert "cannot write" in fault
    assert path.read_text() == "another step's\n"


@posix
def test_permissions_are_kept_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "r.html"
    old = os.umask(0o027)
    try:
        write(path, "one", "--html")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(old)
    path.chmod(0o600)
    write(path, "two", "--html")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("there", [True, False])
def test_what_a_link_leads_to_is_left_alone(tmp_path: Path, there: bool) -> None:
    precious, path = tmp_path / "precious", tmp_path / "r.html"
    if there:
        precious.write_text("kept")
    path.symlink_to(precious)
    write(path, "report", "--html")
    assert path.read_text() == "report"
    assert not path.is_symlink()
    assert precious.exists() == there
    assert not there or precious.read_text() == "kept"


@posix
def test_a_device_is_written_to(tmp_path: Path) -> None:
    write(Path("/dev/null"), LONG, "--html")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "null").symlink_to("/dev/null")
    write(tmp_path / "null", LONG, "--html")
    assert (tmp_path / "null").is_symlink()


def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mounted.html"
    path.write_text("old")

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "mounted")

    monkeypatch.setattr(os, "replace", busy)
    write(path, "new", "--html")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["mounted.html"]
