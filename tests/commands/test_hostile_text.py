"""Files of strangers: whatever text is in them, a command shows it, each on its line, as text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from pytest_inferenergy.baselines.profile import MachineProfile
from pytest_inferenergy.cli import app
from tests.commands.conftest import outcome, write_results
from tests.report.documents import every_verdict
from tests.report.rendered import Page
from tests.test_escaping import HOSTILE, hidden

TEXT = "\x1b]0;x\x07\n::set-output name=safe::yes\r\n::stop-commands::x\u2028::warning::x\u202e"
SHOWN = r"\x1b]0;x\x07\n::set-output name=safe::yes\r\n::stop-commands::x\u2028::warning::x\u202e"
FREE = ("nodeid", "name", "reason", "driver", "device", "torch", "flags")
"""Fields that may hold any text."""
SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def is_safe(result: Result) -> None:
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    for line in (result.stdout + result.stderr).split("\n"):
        assert not any(map(hidden, line)), line
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def results(path: Path, field: str, text: str) -> Path:
    """Two measurements, of which one holds a text in a field."""
    text = text or "-"
    profile = MachineProfile(
        text if field == "device" else "NVIDIA H200", 1, 700, False, "nvml", ("gpu",)
    )
    run: dict[str, Any] = {"driver": text} if field == "driver" else {}
    if field == "torch":
        run["libraries"] = {"torch": text, text: "1"}
    odd = outcome(profile=profile, verdict="regressed", run=run)
    odd |= {field: text} if field in ("nodeid", "name") else {}
    odd |= {"flags": [text]} if field == "flags" else {}
    unmeasured: dict[str, Any] = {
        "nodeid": "t.py::test_b", "name": None, "state": "unmeasured", "gate": "fail",
        "reason": text if field == "reason" else "no GPU", "flags": [], "test_outcome": "passed",
        "broken_baseline": None,
    }  # fmt: skip
    return write_results(path, odd, unmeasured)


def commands(folder: Path, field: str, text: str) -> Iterator[Result]:
    """Every command that reads files, on such a document and the baselines made of it."""
    stored = folder / "stored"
    shutil.rmtree(stored, ignore_errors=True)
    path = results(folder / "r.json", field, text)
    yield invoke("accept", path, "--baselines", stored)
    yield invoke("accept", path, "--baselines", stored, "-k", "nothing")
    if stored.is_dir():
        yield invoke("show", stored)
        yield invoke("compare", stored, stored)
    yield invoke("compare", path, path)
    yield invoke("compare", results(folder / "harmless.json", field, "x"), path)


@pytest.mark.parametrize("field", FREE)
@SLOW
@given(text=HOSTILE)
def test_no_text_of_a_file_is_more_than_text(tmp_path: Path, field: str, text: str) -> None:
    harmless = list(commands(tmp_path, field, "x"))
    found = list(commands(tmp_path, field, text))
    for result in found:
        is_safe(result)
    if [one.exit_code for one in found] == [one.exit_code for one in harmless]:
        for result, plain in list(zip(found, harmless, strict=True))[:-1]:
            assert result.stdout.count("\n") == plain.stdout.count("\n")
            assert result.stderr.count("\n") == plain.stderr.count("\n")


@pytest.mark.parametrize("field", FREE[:-1])
def test_the_text_can_be_read(tmp_path: Path, field: str) -> None:
    told = "".join(result.stdout for result in commands(tmp_path, field, TEXT))
    assert (SHOWN in told) == (field in ("nodeid", "name", "reason", "device"))
    assert "test_sentiment" in told or field == "nodeid"


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a document texts stand."""
    if isinstance(value, str):
        return [at]
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [place for key, inner in pairs for place in places(inner, (*at, key))]


DOCUMENT: dict[str, Any] = json.loads(json.dumps(every_verdict()))


@settings(SLOW, max_examples=30)
@given(place=st.sampled_from(places(DOCUMENT)), text=HOSTILE)
def test_reports_of_any_text(tmp_path: Path, place: tuple[Any, ...], text: str) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = text
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document))
    made = {kind: tmp_path / f"r.{kind}" for kind in ("markdown", "csv", "html")}
    result = invoke("report", path, *(f"--{kind}={target}" for kind, target in made.items()))
    is_safe(result)
    if result.exit_code == 0:
        for target in made.values():
            for line in target.read_text(encoding="utf-8").split("\n"):
                ours = line.replace("⚠️", "")
                assert target.suffix == ".html" or not any(map(hidden, ours)), ours
                assert not line.lstrip().startswith("::")
    for target in made.values():
        target.unlink(missing_ok=True)


def test_every_cell_of_markdown_is_text(tmp_path: Path) -> None:
    first = DOCUMENT["measurements"][0]
    odd = first | {"source": "<img src=x>|[a](b)\n\n# c", "gated": "passed"}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(DOCUMENT | {"measurements": [odd]}))
    assert invoke("report", path, "--markdown", tmp_path / "r.md").exit_code == 0
    page = Page((tmp_path / "r.md").read_text(encoding="utf-8"))
    assert r"<img src=x>|[a](b)\n\n# c" in page.rows[-1]
    assert "img" not in page.tags


def test_a_file_with_an_odd_name_is_named_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\n::warning::x\x1b.json"
    path.write_text("{")
    result = invoke("accept", path)
    is_safe(result)
    assert result.stderr.count("\n") == 1
