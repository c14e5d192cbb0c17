"""The recipes of ``docs/ci.md``, tried: their shell steps run in a small project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice
from tests.plugins import ALONE

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
BLOCK = re.compile(r"^```yaml\n# (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
RECIPES = {match["path"]: match["text"] for match in BLOCK.finditer(PAGE.read_text("utf-8"))}
HOSTED, OWN, AGAINST = (
    ".github/workflows/energy-estimate.yml",
    ".github/workflows/energy.yml",
    ".github/workflows/energy-against-base.yml",
)
GITLAB = ".gitlab-ci.yml"

QUICK = """
from pytest_inferenergy.ab import interleave
from pytest_inferenergy.measure import warmup

warmup.WINDOW_SECONDS = 0.1
interleave.WASH_OUT = 0.02
"""
"""Short windows: the stand-in's power is exact."""

PROJECT = {
    "conftest.py": QUICK,
    "requirements.txt": "pytest\n",
    "pytest.ini": "[pytest]\npythonpath = src\nenergy_max_seconds = 1\nenergy_tolerance = 10\n",
    "src/model.py": "import time\n\ndef answer():\n    time.sleep(0.02)\n",
    "test_model.py": "from model import answer\n\ndef test_answer(energy):\n    energy(answer)\n",
    ".gitignore": "energy.json\njunit.xml\n__pycache__/\n.pytest_cache/\n",
}


class Checkout:
    """A clone of a small project, on a branch of its own, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.options = "--energy-meter nvml"
        """What ``auto`` would take; named, since with ``auto`` codecarbon takes seconds to open."""
        origin, self.path = folder / "origin", folder / "checkout"
        for name, text in PROJECT.items():
            (origin / name).parent.mkdir(parents=True, exist_ok=True)
            (origin / name).write_text(text)
        self.git(origin, "init", "-q", "-b", "main")
        self.commit(origin, "A model")
        self.git(folder, "clone", "-q", str(origin), str(self.path))
        self.git(self.path, "checkout", "-q", "-b", "head")

    def git(self, where: Path, *words: str) -> None:
        who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
        subprocess.run(["git", *who, *words], cwd=where, check=True, capture_output=True)

    def commit(self, where: Path, message: str) -> None:
        self.git(where, "add", "-A")
        self.git(where, "commit", "-q", "-m", message)

    def slow_down(self, seconds: float) -> None:
        """Let the model take so long, and commit that."""
        model = PROJECT["src/model.py"].replace("0.02", str(seconds))
        (self.path / "src/model.py").write_text(model)
        self.commit(self.path, "Slower")

    def shell(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a step as the runners do: bash, which ends at the first command that fails."""
        scripts = sysconfig.get_path("scripts")
        place = {
            **os.environ,
            "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
            "PIP_NO_INDEX": "1",  # what is installed already is all there is
            "PYTEST_ADDOPTS": f"{' '.join(ALONE)} {self.options}",
            **env,
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.path, env=place, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def measured(self) -> list[dict[str, Any]]:
        """The measurements of the artefact."""
        found: list[dict[str, Any]] = json.loads((self.path / "energy.json").read_text())[
            "measurements"
        ]
        return found


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A project whose model can be made slower."""
    return Checkout(tmp_path)


def steps(recipe: str) -> Iterator[dict[str, Any]]:
    """The steps of a recipe that are shell, with their environment."""
    document = yaml.safe_load(RECIPES[recipe])
    if recipe == GITLAB:
        yield from ({"run": line} for line in document["energy"]["script"])
        return
    for job in document["jobs"].values():
        yield from (step for step in job["steps"] if "run" in step)


def run(checkout: Checkout, recipe: str, **env: str) -> list[subprocess.CompletedProcess[str]]:
    """Run the shell steps until one fails, as a runner does."""
    done = []
    for step in steps(recipe):
        values = {name: env[name] for name in step.get("env", {})}
        done.append(checkout.shell(step["run"], **values))
        if done[-1].returncode != 0:
            break
    return done


def said(done: list[subprocess.CompletedProcess[str]]) -> str:
    return "\n".join(step.stdout + step.stderr for step in done)


def test_there_are_four() -> None:
    assert set(RECIPES) == {HOSTED, OWN, AGAINST, GITLAB}


@pytest.mark.parametrize("recipe", [HOSTED, OWN, AGAINST])
def test_a_workflow_has_what_github_asks_for(recipe: str) -> None:
    document = yaml.safe_load(RECIPES[recipe])
    assert document[True]  # YAML 1.1 takes `on` for a truth
    assert document["permissions"] == {"contents": "read"}
    for job in document["jobs"].values():
        assert job["runs-on"]
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        assert all("${{" not in step.get("run", "") for step in job["steps"])  # no injection


def test_on_a_gpu_a_regression_fails_and_can_be_accepted(
    checkout: Checkout, fake_nvml: MakeFakeNvml
) -> None:
    fake = fake_nvml(FakeDevice(watts=300.0))
    done = run(checkout, OWN)
    assert [step.returncode for step in done] == [0, 0, 0], said(done)
    assert checkout.measured[0]["verdict"] == "new"
    assert checkout.shell("inferenergy accept energy.json").returncode == 0
    fake.scale(2)
    *_, measure = steps(OWN)
    assert checkout.shell(measure["run"]).returncode == 1
    assert checkout.measured[0]["verdict"] == "regressed"
    accepted = checkout.shell("inferenergy accept energy.json && git add energy_baselines")
    assert "new level: test_model.py::test_answer (regressed)" in accepted.stdout


def test_on_gitlab(checkout: Checkout, fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(watts=300.0))
    done = run(checkout, GITLAB)
    assert [step.returncode for step in done] == [0, 0, 0], said(done)
    assert checkout.measured[0]["verdict"] == "new"
    assert 'name="energy.kwh_per_1k"' in (checkout.path / "junit.xml").read_text()


def test_a_runner_that_lost_its_gpu_fails_at_once(
    checkout: Checkout, fake_nvml: MakeFakeNvml
) -> None:
    fake_nvml().fail("nvmlInitWithFlags", 9)
    done = run(checkout, OWN)
    assert [step.returncode for step in done] == [0, 1]
    assert "Energy is measured here" not in done[-1].stdout


def test_without_a_gpu_it_is_an_estimate_that_never_fails(
    checkout: Checkout, fake_nvml: MakeFakeNvml
) -> None:
    checkout.options = ""
    fake_nvml().fail("nvmlInitWithFlags", 12)
    checkout.shell("pytest --energy-update")
    checkout.slow_down(0.08)
    done = run(checkout, HOSTED)
    assert [step.returncode for step in done] == [0, 0], said(done)
    (outcome,) = checkout.measured
    assert outcome["source"] == "estimated" or "gpu" not in outcome["components"]
    assert outcome["change"] > 1


def test_base_against_head(checkout: Checkout, fake_nvml: MakeFakeNvml) -> None:
    fake_nvml(FakeDevice(watts=300.0))
    checkout.options += " --energy-max-seconds 6"
    checkout.slow_down(0.05)
    done = run(checkout, AGAINST, BASE="main")
    assert [step.returncode for step in done] == [0, 1], said(done)
    assert checkout.measured[0]["verdict"] == "regressed"
    assert checkout.measured[0]["against"]["state"] == "turns"


def test_the_console_lines_of_the_page_are_commands_that_exist() -> None:
    lines = re.findall(r"^\$ (inferenergy .*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert lines
    script = shutil.which("inferenergy", path=sysconfig.get_path("scripts"))
    for line in lines:
        command = line.split()[1]
        done = subprocess.run(
            [script or sys.executable, command, "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0, textwrap.shorten(line, 60)
