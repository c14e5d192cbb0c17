"""Which paths of a checkout belong into its worktree. Pure: nothing here touches a disk.

The reference process must import its own revision. Whatever leads into the present checkout is
turned to the same place in the worktree, whoever put it there: an editable install's ``.pth``
file, ``PYTHONPATH``, a test runner. A virtual environment inside the checkout stays where it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Mapped:
    """A checkout and its worktree."""

    toplevel: str
    worktree: str
    kept: tuple[str, ...] = ()
    """Folders inside the checkout that hold installed things: virtual environments."""
    real: Callable[[str], str] = os.path.normpath
    """Where a path really leads: ``os.path.realpath`` where links may lead into the checkout."""

    @classmethod
    def between(
        cls,
        toplevel: str,
        worktree: str,
        prefixes: Iterable[str],
        real: Callable[[str], str] = os.path.normpath,
    ) -> Mapped:
        """``prefixes``: where Pythons are installed; those inside the checkout are kept."""
        top = real(toplevel)
        inside = {real(prefix) for prefix in prefixes}
        kept = tuple(sorted(p for p in inside if p != top and _below(p, top) is not None))
        return cls(top, real(worktree), kept, real)

    def present(self, path: str) -> bool:
        """Whether a path is code of the present checkout."""
        return self._inside(path) is not None

    def path(self, path: str) -> str:
        """The same place in the worktree; a path elsewhere stays as it is."""
        inside = self._inside(path)
        if inside is None:
            return path
        return self.worktree if inside == "." else os.path.join(self.worktree, inside)

    def _inside(self, path: str) -> str | None:
        if not os.path.isabs(path):
            return None
        if _below(path, self.worktree) is not None:
            return None  # data that is linked there is meant to lead back
        path = self.real(path)
        inside = _below(path, self.toplevel)
        if inside is None:
            return None
        if any(part in INSTALLED for part in PurePath(inside).parts):
            return None
        return None if any(_below(path, kept) is not None for kept in self.kept) else inside

    def search_path(self, present: Sequence[str], own: Sequence[str]) -> list[str]:
        """``sys.path`` of the reference process: what is mapped first, then all the rest.

        ``present`` is the present process's, of which only what lies in the checkout counts;
        ``own`` is what the reference process began with.
        """
        mapped = [self.path(entry) for entry in (*present, *own) if self.present(entry)]
        there = [entry for entry in own if _below(entry, self.worktree) is not None]
        rest = [entry for entry in own if not self.present(entry)]
        return list(dict.fromkeys((*mapped, *there, *rest)))

    def argument(self, text: str) -> str:
        """A word of the command line: a path in it, alone or after ``=``, is mapped."""
        name, equals, value = text.partition("=")
        if equals and name.startswith("-"):
            return f"{name}={self.argument(value)}"
        file, colons, test = text.partition("::")
        return self.path(file) + colons + test if os.path.isabs(file) else text


def _below(path: str, folder: str) -> str | None:
    """The relative path inside a folder (``.`` for itself), ``None`` outside of it."""
    if not os.path.isabs(path):
        return None
    path, folder = os.path.normpath(path), os.path.normpath(folder)
    if path == folder:
        return "."
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else None


def leaks(modules: Mapping[str, str], mapped: Mapped, own: str) -> list[str]:
    """Modules (name: file) that came from the present checkout; ``own``: this package's folder."""
    return sorted(
        f"{name} ({file})"
        for name, file in modules.items()
        if mapped.present(file) and _below(file, own) is None
    )


def installed_apart(
    modules: Mapping[str, str], of_project: Iterable[str], mapped: Mapped, own: str
) -> list[str]:
    """Modules whose top-level name is the project's, imported from where no revision is."""
    names = frozenset(of_project)
    return sorted(
        f"{name} ({file})"
        for name, file in modules.items()
        if "." not in name
        and name in names
        and _below(file, mapped.worktree) is None
        and _below(file, own) is None
    )
