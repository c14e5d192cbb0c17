"""The first code of the reference process, run as a script: whose code it imports is settled here.

    python session/against/bootstrap.py '{"connection": 5, "package": ..., ...}'

This package is taken from where the present process has it, in whatever environment this runs, so
that both sides measure alike. All else of the checkout is mapped into the worktree before anything
of it is imported.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any

PACKAGE = "pytest_inferenergy"


class _ThisPackage:
    """Finds this package where the present process has it, and nothing else."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, *_: object) -> Any:
        if name != PACKAGE:
            return None
        return importlib.util.spec_from_file_location(
            name,
            os.path.join(self._folder, "__init__.py"),
            submodule_search_locations=[self._folder],
        )


def main() -> int:
    """Map the paths, then run pytest on them."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.meta_path.insert(0, _ThisPackage(plan["package"]))
    from pytest_inferenergy.ab.paths import Mapped

    mapped = Mapped(plan["toplevel"], plan["worktree"], tuple(plan["kept"]), os.path.realpath)
    sys.path[:] = mapped.search_path(plan["search_path"], [os.path.abspath(p) for p in sys.path])
    _map_editable_finders(mapped)
    sys.argv = ["pytest", *plan["arguments"]]
    from pytest_inferenergy.session.against.reference import run

    return run(plan, mapped)


def _map_editable_finders(mapped: Any) -> None:
    """Editable installs that setuptools makes without a path: tables of package and folder."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("__editable__"):
            continue
        table = getattr(module, "MAPPING", None)
        if isinstance(table, dict):
            table.update({package: mapped.path(folder) for package, folder in table.items()})
        spaces = getattr(module, "NAMESPACES", None)
        if isinstance(spaces, dict):
            spaces.update({name: [mapped.path(p) for p in paths] for name, paths in spaces.items()})


if __name__ == "__main__":
    sys.exit(main())
