"""pytest-cov: the measured code is covered."""

from __future__ import annotations

from tests.integration.conftest import Project


def test_measured_code_is_covered(project: Project) -> None:
    project.write("import time\ndef call():\n    time.sleep(0.25)", name="model")
    project.write("import model\ndef test_model(energy):\n    energy(model.call)")
    result = project.run_apart("--cov=model", "--cov-report=term")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["model.py * 100%*", "energy: 1 measured, *"])
