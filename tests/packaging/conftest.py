"""What ``tox -e package`` has built, and an empty venv with the wheel in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = "INFERENERGY_DIST"
FOREIGN = ("PYTHONPATH", "PYTEST_ADDOPTS", "PYTHONHOME", "COLUMNS")


@dataclass(frozen=True)
class Venv:
    """A Python of its own."""

    folder: Path

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def environment(self) -> Mapping[str, str]:
        """As after ``activate``, with nothing of the Python that runs these tests."""
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        path = f"{self.scripts}{os.pathsep}{kept.get('PATH', '')}"
        return kept | {"VIRTUAL_ENV": str(self.folder), "PATH": path}

    def run(self, command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a script of this venv in a folder; stderr joins stdout."""
        program = self.scripts / command[0]
        return subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def install(self, *what: str | Path) -> None:
        """Install at the pinned versions, by the pip of the Python that runs these tests."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.folder), "install", "--quiet"]
        pinned = ["--no-compile", "--constraint", str(ROOT / "constraints.txt")]
        subprocess.run([*pip, *pinned, *map(str, what)], check=True)

    def installed(self) -> set[str]:
        """The names of what is installed."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.folder), "list"]
        done = subprocess.run(
            [*pip, "--format=json"], stdout=subprocess.PIPE, text=True, check=True
        )
        return {package["name"].lower() for package in json.loads(done.stdout)}


@pytest.fixture(scope="session")
def dist() -> Path:
    """The folder of the one wheel and the one sdist."""
    folder = os.environ.get(BUILT)
    if folder is None:
        pytest.skip("checks what `tox -e package` builds")
    return Path(folder)


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def sdist(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    (path,) = dist.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("sdist")
    shutil.unpack_archive(path, folder)
    (root,) = folder.iterdir()
    return root


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Venv:
    """A venv with the wheel and what it depends on, at the pinned versions."""
    made = Venv(tmp_path_factory.mktemp("venv"))
    venv.create(made.folder)
    made.install(wheel)
    return made
