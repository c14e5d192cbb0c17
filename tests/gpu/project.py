"""A project in git whose only test runs a model on the GPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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

    def against(
        self, revision: str, margins: tuple[float, float] = (1, 3), seconds: float = 40
    ) -> tuple[int, dict[str, Any]]:
        """Run pytest; its exit code and the one measurement. ``margins`` in percent."""
        command = [
            sys.executable, "-m", "pytest", "-q", "--energy-json=results.json",
            f"--energy-against={revision}", f"--energy-max-seconds={seconds:g}",
            f"--energy-tolerance={margins[0]:g}", f"--energy-must-detect={margins[1]:g}",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self.path, env=dict(os.environ), check=False)
        data = json.loads((self.path / "results.json").read_text())
        (measurement,) = data["measurements"]
        return done.returncode, measurement
