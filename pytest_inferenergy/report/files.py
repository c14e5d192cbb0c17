"""Writing a report to where the user wants it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from pytest_inferenergy.errors import InferenergyError

DEVICES = (Path("/dev"), Path("/proc"))
"""What stands here is no file to be replaced, though ``/dev/stdout`` may lead to one."""
IN_PLACE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV})
"""Of a folder that takes no new file, and of a file that is mounted by itself."""


def write(path: Path, text: str, option: str) -> None:
    """Write a file, with its folders; `InferenergyError` names the option and the path.

    It is written beside the old one and takes its place in one step: where there is no room, the
    last good one stays. A link is replaced, and what it leads to is left alone.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if _is_special(path):
            path.write_bytes(data)
        else:
            _replace(path, data)
    except OSError as error:
        raise InferenergyError(f"{option}: cannot write {path}: {error.strerror}") from error


def _is_special(path: Path) -> bool:
    """Whether a path is a pipe, a terminal or the like, to be written to as it is."""
    if any(Path(os.path.abspath(path)).is_relative_to(folder) for folder in DEVICES):
        return True
    return path.exists() and not path.is_file()


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    plain = path.exists() and not path.is_symlink()
    try:
        with open(temporary, "xb") as file:
            if plain:
                os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if not plain or error.errno not in IN_PLACE:
            raise
        path.write_bytes(data)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
