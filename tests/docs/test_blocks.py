"""Every block of the README and the pages: commands, settings and data are such as are taken.

What is Python runs in `test_blocks_run.py`, as the guides do, command by command.
"""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pytest_inferenergy.cli import app
from pytest_inferenergy.session.options.declaration import FILES, INI_ONLY, OPTIONS
from pytest_inferenergy.session.options.values import value_of
from tests.docs.blocks import BLOCKS, PAGES, ROOT, Block, Command, commands

LANGUAGES = {"python", "console", "ini", "toml", "yaml", "json", "text"}
"""``text``: what a program printed, or a picture."""
FOREIGN = {"gh", "git", "pre-commit"}
"""Commands that are not ours to try."""
FLAGS = {f"--energy-{option.name.replace('_', '-')}" for option in OPTIONS}
KEYS = {f"energy_{option.name}" for option in OPTIONS if option.ini}
KEYS |= {f"energy_{name}" for name in INI_ONLY}
OTHERS = {"energy_budget", "energy_gap", "energy_counter"}
"""A marker, a flag and a function of the stand-in."""


def of(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language in languages]


def test_every_block_says_what_it_is() -> None:
    assert [str(block) for block in BLOCKS if block.language not in LANGUAGES] == []
    assert len(BLOCKS) > 40


@pytest.mark.parametrize("block", of("console"), ids=str)
def test_commands_exist_with_their_options(block: Block, pytester: pytest.Pytester) -> None:
    typed = list(commands(block))
    assert typed
    for command in typed:
        check(command, pytester)


def check(command: Command, pytester: pytest.Pytester) -> None:
    name, *words = command.words
    if name == "torchrun":
        name, *words = words[words.index("-m") + 1 :]
    if name == "python":
        assert words[0] == "-m"
        name, *words = words[1:]
    if name == "pytest":
        check_pytest(words, pytester)
    elif name == "inferenergy":
        words = words[: words.index(">")] if ">" in words else words
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0
    elif name == "pip":
        check_pip(words)
    elif name == "tox":
        text = (ROOT / "tox.ini").read_text("utf-8")
        (listed,) = re.findall(r"^env_list = (.*)$", text, re.MULTILINE)
        envs = {*listed.split(", "), *re.findall(r"^\[testenv:(\w+)\]$", text, re.MULTILINE)}
        assert {word for word in words if word not in ("run", "-e")} <= envs
    elif name.startswith("benchmarks."):
        assert (ROOT / name.replace(".", "/")).with_suffix(".py").is_file() or (
            ROOT / name.replace(".", "/") / "__main__.py"
        ).is_file()
    else:
        assert name in FOREIGN


def check_pytest(words: list[str], pytester: pytest.Pytester) -> None:
    """pytest takes the options, and we take the values."""
    config = pytester.parseconfig("-p", "no:randomly", *words)
    for option in OPTIONS:
        value = config.getoption(f"energy_{option.name}")
        if value is not None and not str(value).startswith("replay:"):  # a guide's file
            value_of(option.name, option.name, value)
        if option.name in FILES and value is not None:
            assert Path(value).suffix


def check_pip(words: list[str]) -> None:
    """The extras and the file of constraints are there."""
    assert words[0] == "install"
    text = (ROOT / "pyproject.toml").read_text()
    extras = text.partition("[project.optional-dependencies]")[2].partition("\n\n")[0]
    for word in words:
        for extra in re.findall(r"^(?:\.|pytest-inferenergy)\[(.*)\]$", word):
            for each in extra.split(","):
                assert re.search(rf"^{each} = \[", extras, re.MULTILINE), each
        if word.endswith(".txt"):
            assert word == "requirements.txt" or (ROOT / word).is_file()


@pytest.mark.parametrize("block", of("ini", "toml"), ids=str)
def test_settings_are_taken(block: Block, pytester: pytest.Pytester) -> None:
    if block.language == "ini":
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(block.text)
        given = {key for section in parser.sections() for key in parser[section]}
        pytester.makeini(block.text)
    else:
        given = set(re.findall(r"^(\w+) = ", block.text, re.MULTILINE))
        pytester.makepyprojecttoml(block.text)
    ours = {key for key in given if key.startswith("energy")}
    assert ours
    assert ours <= KEYS
    config = pytester.parseconfigure("-p", "no:randomly", "-p", "no:asyncio")
    assert all(config.getini(key) not in (None, "", []) for key in ours)


@pytest.mark.parametrize("block", of("yaml", "json"), ids=str)
def test_data_can_be_read(block: Block) -> None:
    assert (yaml.safe_load if block.language == "yaml" else json.loads)(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_options_and_keys_in_the_text_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    assert set(re.findall(r"--energy-[a-z][a-z-]*[a-z]", text)) <= FLAGS
    keys = set(re.findall(r"`(energy_[a-z_]+)(?: = [^`]*)?`", text))
    assert keys <= KEYS | OTHERS


def test_the_readme_has_every_option() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"--energy-[a-z][a-z-]*[a-z]", text)) == FLAGS
    assert set(re.findall(r"\| `(energy_\w+)` \|", text)) == KEYS


@pytest.mark.parametrize(
    "typed",
    [
        "pytest --energy-nonsense",
        "pytest --energy-gate maybe",
        "pytest --energy-meter nonsense",
        "inferenergy show --nonsense",
        "inferenergy nonsense",
        "python -m pip install pytest-inferenergy[nonsense]",
        "python -m benchmarks.nonsense",
        "tox -e nonsense",
        "nonsense",
    ],
)
def test_what_does_not_exist_is_noticed(typed: str, pytester: pytest.Pytester) -> None:
    (command,) = commands(Block("page.md", 1, "console", typed))
    with pytest.raises((AssertionError, pytest.UsageError)):
        check(command, pytester)
