"""Which paths of a checkout are mapped into its worktree."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.ab.paths import Mapped, installed_apart, leaks

MAPPED = Mapped.between("/home/me/app", "/tmp/x/app", ["/usr", "/home/me/app/.venv", "/home/me"])

names = st.text(st.characters(categories=["L", "N"], include_characters="-_. "), min_size=1).filter(
    lambda name: name not in (".", "..", "site-packages", "dist-packages", ".venv")
)
inside = st.lists(names, max_size=4).map(lambda parts: os.path.join("/home/me/app", *parts))
elsewhere = st.lists(names, max_size=4).map(lambda parts: os.path.join("/opt", *parts))


@given(inside)
def test_what_lies_in_the_checkout_is_mapped_and_stays_so(path: str) -> None:
    there = MAPPED.path(path)
    assert there.startswith("/tmp/x/app")
    assert os.path.relpath(there, "/tmp/x/app") == os.path.relpath(path, "/home/me/app")
    assert MAPPED.path(there) == there
    assert not MAPPED.present(there)


@given(elsewhere)
def test_what_lies_elsewhere_stays(path: str) -> None:
    assert MAPPED.path(path) == path


@given(st.lists(inside | elsewhere), st.lists(inside | elsewhere))
def test_mapped_entries_come_first_and_none_leads_back(present: list[str], own: list[str]) -> None:
    found = MAPPED.search_path(present, own)
    assert not any(MAPPED.present(entry) for entry in found)
    places = [entry.startswith("/tmp/x/app") for entry in found]
    assert places == sorted(places, reverse=True)
    assert set(found) >= {entry for entry in own if not MAPPED.present(entry)}
    assert len(set(found)) == len(found)


def test_installed_things_inside_the_checkout_are_kept() -> None:
    for path in (
        "/home/me/app/.venv/lib/python3.12/site-packages",
        "/home/me/app/.venv/lib/python3.12",
        "/home/me/app/lib/python3.12/site-packages",  # a virtual environment made in the toplevel
        "/home/me/apple/src",
        "relative/src",
    ):
        assert MAPPED.path(path) == path
    assert MAPPED.path("/home/me/app") == "/tmp/x/app"
    assert MAPPED.path("/home/me/app/src/../lib") == "/tmp/x/app/lib"


def test_words_of_the_command_line() -> None:
    assert (
        MAPPED.argument("/home/me/app/tests/t.py::test[a/b]") == "/tmp/x/app/tests/t.py::test[a/b]"
    )
    assert MAPPED.argument("--data=/home/me/app/data") == "--data=/tmp/x/app/data"
    assert MAPPED.argument("tests/t.py::test") == "tests/t.py::test"
    assert MAPPED.argument("-k a=b") == "-k a=b"


def test_modules_from_the_wrong_place_are_named() -> None:
    modules = {
        "app": "/home/me/app/src/app/__init__.py",
        "good": "/tmp/x/app/src/good.py",
        "torch": "/home/me/app/.venv/lib/python3.12/site-packages/torch/__init__.py",
        "plugin": "/home/me/app/plugin/__init__.py",
    }
    assert leaks(modules, MAPPED, "/home/me/app/plugin") == [
        "app (/home/me/app/src/app/__init__.py)"
    ]
    apart = installed_apart(modules, ["torch", "good", "plugin"], MAPPED, "/home/me/app/plugin")
    assert apart == ["torch (/home/me/app/.venv/lib/python3.12/site-packages/torch/__init__.py)"]
