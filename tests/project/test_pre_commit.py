"""The hooks check what ``tox -e lint,types`` checks, with the versions that are pinned."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HOOKS: list[dict[str, Any]] = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    for hook in repository["hooks"]
]


def pins() -> set[str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return {line.partition(";")[0].strip() for line in lines if not line.startswith("#")}


def commands(env: str) -> list[str]:
    """The commands of a tox environment, in order."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    return [line.strip() for line in tox[f"testenv:{env}"]["commands"].splitlines() if line.strip()]


def test_each_hook_has_the_pinned_version() -> None:
    wanted = {name for hook in HOOKS for name in hook["additional_dependencies"]}
    assert wanted <= pins()
    assert {re.split("==", name)[0] for name in wanted} == {"ruff", "import-linter", "tox"}


def test_the_hooks_are_the_checks_of_tox() -> None:
    entries = [
        hook["entry"].replace(" --force-exclude", "").replace(" --fix", "") for hook in HOOKS
    ]
    *lint, types = entries
    checks = [line.replace(" --check", "") for line in commands("lint")]
    assert lint == [line for line in checks if line.startswith(("ruff", "lint-imports"))]
    assert types == "tox run -e types"
    assert "pre-commit validate-config" in commands("lint")
