"""Text from elsewhere is shown, and does nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.escaping import line, lines, visible

COMMANDS = ("\n::set-output name=safe::yes", "::stop-commands::x", "##[warning]x", "##vso[a]b")
HOSTILE = st.sampled_from(COMMANDS) | st.text(
    st.one_of(
        st.sampled_from("\x1b\x07\x00\x7f\x85\x9b\r\n\t\v\f \u2028\u2029\u202e\u2066\u200b\ufeff"),
        st.sampled_from(":#[]%\\,=vsow"),
        st.characters(),
    )
)
"""Any text, with what terminals and CI services act on more often than chance has it."""


def hidden(character: str) -> bool:
    """Whether a character is not seen as itself, by Unicode's own categories."""
    if character == " ":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs")


@given(HOSTILE)
def test_nothing_hidden_is_left_and_one_line_stays_one(text: str) -> None:
    assert not any(map(hidden, visible(text)))
    assert len(visible(text).splitlines()) <= 1


@given(HOSTILE)
def test_twice_is_as_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert line(line(text)) == line(text)
    assert lines(lines(text)) == lines(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_is_seen_stays_as_it_is(text: str) -> None:
    seen = "".join(one for one in text if not visible(one).startswith("\\"))
    assert visible(seen) == seen


@given(HOSTILE)
@example(" ::warning::x")
@example("\u3000::warning::x")
@example("####[error]x")
@example("##VSO[task.setvariable variable=a]b")
@example("##teamcity[buildStatus]")
def test_no_line_is_a_command_of_a_ci_service(text: str) -> None:
    shown = line(text)
    assert not shown.lstrip().startswith("::")
    for prefix in ("##[", "##vso[", "##teamcity["):
        assert prefix not in shown.lower()
    assert len(lines(text).split("\n")) == text.count("\n") + 1
    assert not any(one.lstrip().startswith("::") for one in lines(text).split("\n"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("a\r\nb", r"a\r\nb"),
        ("\u202e\u2066\ufeff\u200b", r"\u202e\u2066\ufeff\u200b"),
        ("\ud800", r"\ud800"),
        ("a\u3164b\ufe0fc\U000e0041", r"a\u3164b\ufe0fc\U000e0041"),
        ("no\u00a0break", r"no\xa0break"),
        ("test_film.py::test_é[日本-±2 %]", "test_film.py::test_é[日本-±2 %]"),
        (r"C:\new", r"C:\new"),
        ("::warning::x", r"\x3a:warning::x"),
        ("a ##[set-env name=x]y", r"a #\x23[set-env name=x]y"),
        ("## [1]", "## [1]"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    assert line(text) == shown


def test_the_message_of_an_error_is_safe_to_show() -> None:
    error = BaselineError("a\x1b]0;x\x07b\n::set-output name=safe::yes")
    assert str(error) == f"{error}" == "a\\x1b]0;x\\x07b\n\\x3a:set-output name=safe::yes"
