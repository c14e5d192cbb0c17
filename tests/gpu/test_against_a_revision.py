"""``--energy-against`` with work on a real GPU: a heavier commit is found, an equal one passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LAYERS = 24

MODEL = """
    import torch

    def model(layers={layers}):
        ballast = torch.empty({ballast}, dtype=torch.uint8, device="cuda")
        torch.manual_seed(0)
        layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True).cuda().eval()
        x = torch.randn(64, 128, 768, device="cuda")

        def forward():
            assert ballast.is_cuda
            with torch.inference_mode():
                y = x
                for _ in range(layers):
                    y = layer(y)
                return y

        return forward
"""
TEST = """
    from model import model

    def test_model(energy):
        energy(model())
"""


class Project:
    """A project in git whose only test runs a model on the GPU."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "someone@example.org")
        self.git("config", "user.name", "Someone")
        self.write("pytest.ini", "[pytest]\npythonpath = .\n")
        self.write(".gitignore", "results.json\n__pycache__/\n.pytest_cache/\n")
        self.write("test_model.py", TEST)
        self.layers(LAYERS)

    def git(self, *words: str) -> None:
        subprocess.run(["git", "-C", str(self.path), *words], check=True)

    def write(self, name: str, text: str) -> None:
        lines = (line.removeprefix("    ") for line in text.splitlines())
        (self.path / name).write_text("\n".join(lines) + "\n")

    def layers(self, number: int, ballast: int = 0) -> None:
        """Commit a model of so many layers, and of so many bytes that do nothing."""
        self.write("model.py", MODEL.format(layers=number, ballast=ballast))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"{number} layers", "--allow-empty")

    def against(self, revision: str) -> tuple[int, dict[str, Any]]:
        """Run pytest; its exit code and the one measurement."""
        command = [
            sys.executable, "-m", "pytest", "--energy-against", revision, "--energy-tolerance=1",
            "--energy-must-detect=3", "--energy-max-seconds=40", "--energy-json=results.json", "-q",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.path, env=dict(os.environ), check=False)
        data = json.loads((self.path / "results.json").read_text())
        (measurement,) = data["measurements"]
        return done.returncode, measurement


@pytest.fixture
def project(torch: Any, tmp_path: Path) -> Project:
    torch.cuda.empty_cache()
    return Project(tmp_path)


def test_one_layer_more_is_found(project: Project) -> None:
    project.layers(LAYERS + 1)
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 1
    assert measurement["verdict"] == "regressed"
    assert measurement["change"] == pytest.approx(1 / LAYERS, abs=0.015)


def test_an_equal_commit_passes(project: Project) -> None:
    project.layers(LAYERS)
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 0
    assert measurement["verdict"] == "passed"
    assert measurement["change"] == pytest.approx(0, abs=0.015)


def test_models_that_fill_the_card_take_turns_as_processes(project: Project, torch: Any) -> None:
    free, _ = torch.cuda.mem_get_info()
    project.layers(LAYERS, int(0.6 * free))
    project.layers(LAYERS + 4, int(0.6 * free))
    exit_code, measurement = project.against("HEAD~1")
    print(measurement["change"], measurement["details"])
    assert exit_code == 1
    assert measurement["against"]["state"] == "rounds"
    assert measurement["verdict"] == "regressed"
    assert measurement["change"] == pytest.approx(4 / LAYERS, abs=0.04)
