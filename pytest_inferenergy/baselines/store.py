"""Baseline files on disk: read, and changed under a lock in one atomic step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.json_text import LARGEST_FILE
from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.locks.files import hold, lock_file

LOCK_TIMEOUT: Final = 60.0
"""Seconds to wait for another session that is writing."""
LOOK_UP: Final = 0.05
"""Seconds between looks whether it is done."""
PAUSES: Final = (0.01, 0.03, 0.1, 0.3, 1.0) if sys.platform == "win32" else ()
"""Seconds to wait for a reader of the old file, which keeps a new one from taking its place."""
ABANDONED_AFTER: Final = 60.0
"""Age in seconds from which a temporary file belongs to a writer that was killed."""


def path_of(folder: Path, profile: MachineProfile) -> Path:
    """The file that holds a profile's baselines."""
    return folder / f"{profile.slug}.json"


def load(folder: Path, profile: MachineProfile) -> Baselines | None:
    """The stored baselines of a profile; ``None``: there is no file.

    Raises `BaselineError` for a file that cannot be read, is broken, or holds another profile.
    """
    return _load(path_of(folder, profile), profile)


def load_all(folder: Path) -> tuple[Baselines, ...]:
    """All baselines in a folder, by file name; a folder that does not exist holds none."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(folder, error) from error
    found = ((path, _read(path)) for path in files if not path.name.startswith("."))
    return tuple(parse(data, str(path)) for path, data in found if data is not None)


def update(
    folder: Path,
    profile: MachineProfile,
    change: Callable[[Baselines], Baselines],
    *,
    follow_links: bool = True,
) -> Baselines:
    """Apply a change to what is stored now, and return what is stored then.

    The file is read again under a lock, so that of two sessions updating at once neither loses
    the other's runs. A file whose content does not change is not touched; where nothing is stored
    and nothing is to be stored, no file appears. Raises `BaselineError`, with the old file as it
    was, when the file is broken or the folder cannot be written.
    """
    path = path_of(folder, profile)
    if not follow_links:
        _refuse_links(path)
    path = Path(os.path.realpath(path))
    with _locked(path):
        stored = _load(path, profile)
        before = Baselines(profile) if stored is None else stored
        after = serialise(change(before))
        if after != serialise(before):
            _refuse_too_large(path, after)
            _replace(path, after)
    return parse(after.encode("ascii"), str(path))


def _refuse_links(path: Path) -> None:
    """A link in a checkout of somebody else's may lead to any file of the user's."""
    for place in (path.parent, path):
        if place.is_symlink():
            raise BaselineError(
                f"{place}: is a link to {os.readlink(place)}, which is not followed here: name the "
                "folder that it leads to, or put the file in its place"
            )


def _refuse_too_large(path: Path, text: str) -> None:
    """What could not be read again is not written."""
    if len(text) > LARGEST_FILE:
        raise BaselineError(
            f"{path}: not written: it would be {len(text) / 1e6:.0f} MB, and more than "
            f"{LARGEST_FILE / 1e6:.0f} MB are not read; delete the baselines of tests that are "
            "gone (--energy-prune), or keep those of a part of the tests in a folder of their own "
            "(--energy-baselines=DIR)"
        )


def _load(path: Path, profile: MachineProfile) -> Baselines | None:
    data = _read(path)
    if data is None:
        return None
    baselines = parse(data, str(path))
    if baselines.profile != profile:
        raise BaselineError(
            f"{path}: holds the baselines of another machine, {baselines.profile}; its name should "
            f"be {baselines.profile.slug}.json. Rename or delete it"
        )
    return baselines


def _read(path: Path) -> bytes | None:
    try:
        with open(path, "rb", opener=_at_once) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BaselineError(f"{path}: is no file; delete it")
            # One byte more than allowed is enough for the parser to refuse.
            return file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: nobody may ever write to a pipe that has been put there."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(path: Path, error: OSError) -> BaselineError:
    return BaselineError(f"{path}: cannot be read: {error.strerror or error}")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other sessions from changing the file; the lock lies outside the committed folder."""
    lock = lock_file(hashlib.sha256(os.fsencode(path)).hexdigest()[:16])
    deadline = time.perf_counter() + LOCK_TIMEOUT
    try:
        while (let_go := hold(lock)) is None:
            if time.perf_counter() > deadline:
                raise BaselineError(
                    f"{path}: another session has been writing it for {LOCK_TIMEOUT:.0f} s; "
                    f"end that session, or delete {lock} if there is none"
                )
            time.sleep(LOOK_UP)
    except OSError as error:
        raise BaselineError(f"{lock}: cannot be locked: {error.strerror or error}") from error
    try:
        yield
    finally:
        let_go()


def _replace(path: Path, text: str) -> None:
    """Write the whole file beside the old one, then take its place in one step."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            # Not `mkstemp`: it makes files private, where a new baseline follows the umask.
            with open(temporary, "xb") as file:
                if path.exists():
                    os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            _take_place(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be written: {error.strerror or error}. What was stored is unchanged; "
            "make room, or name a folder you can write: --energy-baselines=DIR"
        ) from error
    _make_durable(path.parent)


def _take_place(temporary: Path, path: Path) -> None:
    """Rename; Windows refuses that for as long as somebody has the old file open to read it."""
    for pause in PAUSES:
        try:
            os.replace(temporary, path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.replace(temporary, path)


def _sweep(path: Path) -> None:
    """Remove what writers left behind that were killed in the act."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > ABANDONED_AFTER:
                leftover.unlink()


def _make_durable(folder: Path) -> None:
    """Let the renaming itself outlive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
