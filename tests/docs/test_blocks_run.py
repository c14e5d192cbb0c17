"""The Python of the README and the pages runs; the guides run as a reader types them.

A guide is one project: its files are written and its pytest commands run, in order, on a stand-in
GPU that draws 100 W. What it shows to be printed is printed, save for the numbers.
"""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from typer.testing import CliRunner

from pytest_inferenergy.cli import app
from tests.docs.blocks import BLOCKS, Block, Command, commands
from tests.integration.conftest import Project, project
from tests.nvml.fixture import MakeFakeNvml
from tests.nvml.library import FakeDevice

pytest.importorskip("httpx", reason="a page asks a server with it")

__all__ = ["project"]

ELSEWHERE = {"docs/architecture.md", "CONTRIBUTING.md"}
"""Run by tests of their own: `test_architecture.py`, `tests/project/test_contributing.py`."""
OPTIONS = (
    "-p", "tests.docs.stand_ins", "-p", "no:hypothesispytest", "-p", "no:randomly",
    "-p", "no:anyio", "--asyncio-mode=auto", "-o", "asyncio_default_fixture_loop_scope=function",
    "--energy-max-seconds=0.2",
)  # fmt: skip
NOT_RUN = ("--energy-against", "--energy-model", "examples", "not energy")
"""Commands that need a history, a model of the hub or minutes; their options are checked."""


def runs_as_a_whole(block: Block) -> bool:
    return block.page.startswith(("docs/guides/", "docs/index.md"))


GUIDES = {
    page: list(blocks)
    for page, blocks in groupby(filter(runs_as_a_whole, BLOCKS), lambda b: b.page)
}
ALONE = [
    pytest.param(block, marks=[pytest.mark.torch] if "import torch" in block.text else [])
    for block in BLOCKS
    if block.language == "python" and not runs_as_a_whole(block) and block.page not in ELSEWHERE
]


@pytest.fixture
def reader(project: Project, fake_nvml: MakeFakeNvml, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of a reader's, who has models, a GPU and little time."""
    monkeypatch.setattr("pytest_inferenergy.measure.warmup.WINDOW_SECONDS", 0.03)
    monkeypatch.setattr("pytest_inferenergy.ab.interleave.WASH_OUT", 0.02)
    monkeypatch.setattr("pytest_inferenergy.meters.nvml.meter.IDLE_AFTER", 0.02)
    monkeypatch.setattr("pytest_inferenergy.meters.nvml.meter.IDLE_SECONDS", 0.02)
    project.gpu = fake_nvml(
        FakeDevice(watts=100, tick=0.02, tick_lag=0.002, sample_period=0.01), in_process=True
    )
    project.pytester.makeini("[pytest]\nenergy_meter = nvml\nenergy_tolerance = 10\n")
    project.write("from tests.docs.stand_ins import Classifier", name="my_project")
    return project


@pytest.mark.parametrize("block", ALONE, ids=str)
def test_a_block_of_python(block: Block, reader: Project) -> None:
    if "def test_" not in block.text:
        exec(compile(block.text, str(block), "exec"), {"__name__": "block"})
        return
    reader.write(block.text)
    result = reader.pytester.runpytest_inprocess(*OPTIONS)
    result.assert_outcomes(passed=len(re.findall(r"def test_", block.text)))


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide(page: str, reader: Project) -> None:
    if not any(block.language == "python" for block in GUIDES[page]):
        reader.write("def test_answer(energy, classifier): energy(classifier, '')")
    for block in GUIDES[page]:
        if block.language == "python":
            (reader.path / (block.file or "test_model.py")).write_text(block.text, "utf-8")
        elif block.language == "json":
            (reader.path / "trace.json").write_text(block.text, "utf-8")
        elif block.language == "console":
            for command in commands(block):
                type_in(command, reader)


def type_in(command: Command, reader: Project) -> None:
    """Run a command, and hold what it prints against what is shown."""
    name, *words = command.words
    if any(word in " ".join(words) for word in NOT_RUN):
        return
    if name == "pytest":
        result = reader.pytester.runpytest_inprocess(*OPTIONS, *words)
        printed, code = result.stdout.str(), result.ret
    elif name == "inferenergy" and words[0] != "doctor":
        done = CliRunner().invoke(app, words)
        printed, code = done.output, done.exit_code
    else:
        return
    print(printed)
    lines = [shape(line) for line in printed.splitlines()]
    for line in map(shape, filter(None, map(uncut, command.shown.splitlines()))):
        assert any(each.startswith(line) for each in lines), line
    assert code == ("FAILED" in command.shown)


def uncut(line: str) -> str:
    """A line up to where the width of the terminal cut it, anywhere in a word."""
    return line[:-3].rpartition(" ")[0] if line.endswith("...") else line


def shape(line: str) -> str:
    """A line without the machine's part of it: numbers, their prefixes, the width of columns."""
    bare = re.sub(r"[-+]?\d[\d.,]*(?: [mkµ]?(?=[Js]\b))?", "0", " ".join(line.split()))
    return re.sub(r"-{2,}", "--", bare)
