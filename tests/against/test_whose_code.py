"""``--energy-against-python`` and without: the reference side runs its own revision, or says so."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.against.conftest import Repository

FINDER = """
    import importlib.util, sys
    MAPPING = {{"mylib": {folder!r}}}

    class Finder:
        @classmethod
        def find_spec(cls, name, path=None, target=None):
            if name in MAPPING:
                return importlib.util.spec_from_file_location(name, MAPPING[name] + "/__init__.py")

    def install():
        sys.meta_path.append(Finder)
"""
"""What setuptools makes of an editable install of a flat layout, in short."""


class Environment:
    """A virtual environment that sees this one's packages, and what a test installs."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.python = str(folder / "bin" / "python")
        paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
        self.packages = Path(paths["purelib"])
        here = [entry for entry in sys.path if entry and Path(entry).is_dir()]
        lines = [f"import site; site.addsitedir({entry!r})\n" for entry in here]
        (self.packages / "below.pth").write_text("".join(lines))


@pytest.fixture
def environment(bare: Repository, tmp_path: Path) -> Environment:
    """Inside the project, where many have it; the project is found by nothing else."""
    made = Environment(bare.path / ".venv")
    bare.python = made.python
    bare.write(".gitignore", "results.json\n__pycache__/\n.pytest_cache/\n.venv/\n")
    ini = (bare.path / "pytest.ini").read_text()
    bare.write("pytest.ini", ini.replace("pythonpath = src\n", ""))
    return made


def slower(repository: Repository) -> None:
    repository.commit()
    repository.work(0.035)
    repository.commit()


@pytest.mark.parametrize("kind", ["pth", "link", "finder"])
def test_an_editable_install_runs_the_revision(
    bare: Repository, environment: Environment, kind: str
) -> None:
    if kind == "pth":
        (environment.packages / "mylib.pth").write_text(f"{bare.path / 'src'}\n")
    elif kind == "link":
        (bare.path.parent / "alias").symlink_to(bare.path)
        (environment.packages / "mylib.pth").write_text(f"{bare.path.parent / 'alias' / 'src'}\n")
    else:
        text = FINDER.format(folder=str(bare.path / "src" / "mylib"))
        bare.write("finder.py", text)
        (bare.path / "finder.py").rename(environment.packages / "__editable___mylib_finder.py")
        (environment.packages / "mylib.pth").write_text(
            "import __editable___mylib_finder; __editable___mylib_finder.install()\n"
        )
    slower(bare)
    run = bare.run()
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy: 1 measured, 1 compared, 1 regressed")
    bare.assert_clean()


def test_an_installed_copy_is_named(bare: Repository, environment: Environment) -> None:
    copy = environment.packages / "mylib"
    copy.mkdir()
    (copy / "__init__.py").write_text((bare.path / "src/mylib/__init__.py").read_text())
    slower(bare)
    run = bare.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says(
        "ERROR: --energy-against: the reference side, HEAD~1 (*), does not run its own code: it "
        "imported the installed mylib (*site-packages*"
    )
    bare.assert_clean()


def test_an_import_from_the_present_checkout_is_named(repository: Repository) -> None:
    repository.write(
        "tests/conftest.py",
        f"import sys; sys.path.insert(0, {str(repository.path / 'src')!r})\n",
    )
    slower(repository)
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says("*HEAD~1 (*does not run its own code: it imported the present checkout's mylib (*")
    repository.assert_clean()


def test_a_late_import_from_the_present_checkout_is_named(repository: Repository) -> None:
    repository.write(
        "src/mylib/__init__.py",
        f"""
        import importlib.util, sys, time

        def work():
            if "late" not in sys.modules:
                where = {str(repository.path / "src/mylib/late.py")!r}
                spec = importlib.util.spec_from_file_location("late", where)
                sys.modules["late"] = importlib.util.module_from_spec(spec)
            time.sleep(0.02)
        """,
    )
    repository.write("src/mylib/late.py", "")
    repository.commit()
    run = repository.run(against="HEAD")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy was not compared: *it imported the present checkout's late (*")
    repository.assert_clean()


def test_compiled_parts_are_named(repository: Repository) -> None:
    repository.write(".gitignore", "*.so\nresults.json\n__pycache__/\n.pytest_cache/\n")
    repository.write(f"src/mylib/fast{EXTENSION_SUFFIXES[0]}", "")
    repository.commit()
    run = repository.run()
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.says("ERROR: --energy-against: the project has compiled parts*: src/mylib/fast*")
    repository.assert_clean()


def test_another_python_runs_the_reference_side(bare: Repository, tmp_path: Path) -> None:
    other = Environment(tmp_path / "other")
    (other.packages / "dependency.py").write_text("SECONDS = 0.02\n")  # only there
    bare.write(
        "src/mylib/__init__.py",
        """
        import time
        try:
            from dependency import SECONDS
        except ImportError:
            SECONDS = 0.035

        def work():
            time.sleep(SECONDS)
    """,
    )
    bare.commit()
    run = bare.run(f"--energy-against-python={other.python}", against="HEAD")
    assert run.ret == pytest.ExitCode.TESTS_FAILED
    run.says("energy: 1 measured, 1 compared, 1 regressed")
    bare.assert_clean()
