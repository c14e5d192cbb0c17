"""What is in the wheel; that it is the whole package and no more, check-wheel-contents tells."""

from __future__ import annotations

import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest


@pytest.fixture
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "schemas/results.schema.json",
        "schemas/baseline.schema.json",
        "report/html/page/report.html.jinja",
        "report/html/page/report.css",
        "reference/power_hungry_2023.csv",
        "reference/LICENSE.power_hungry_2023",
        "tasks/texts/summarization.jsonl",
    ],
)
def test_what_is_no_python_is_there(names: set[str], name: str) -> None:
    assert f"pytest_inferenergy/{name}" in names


def test_nothing_of_the_tests_is_there(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"pytest_inferenergy"}


def test_it_runs_on_every_machine(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_metadata_tell_the_licence_and_show_the_readme(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert str(metadata.get_payload()).lstrip().startswith("# pytest-inferenergy")
    assert "Framework :: Pytest" in metadata.get_all("Classifier", [])
