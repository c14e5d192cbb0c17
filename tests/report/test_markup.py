"""Untrusted text in Markdown shows as it is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_inferenergy.escaping import line, lines
from pytest_inferenergy.report.markup import code, fence
from tests.report.rendered import Page

NASTY = (
    "<script>alert(1)</script>",
    "a|b\\|c",
    "`x` ``y``",
    "*a* _b_ __c__ ~~d~~ [e](http://f) ![g](h)",
    "http://a.b www.a.b a@b.org @someone #12 &lt; &#60;",
    "</code></td><img src=x onerror=alert(1)>",
    "-->",
    "# - + 1. >",
    "\\",
)


def as_one_line(text: str) -> str:
    return " ".join(line(text).split())


@given(st.text())
@example("".join(NASTY))
@pytest.mark.parametrize("around", ["{}", "| a | b |\n| - | - |\n| {} | 2 |", "- {}"])
def test_inline_code_is_the_text_and_nothing_else(around: str, text: str) -> None:
    page = Page(around.format(code(text)))
    (shown,) = page.codes
    assert " ".join(shown.split()) == as_one_line(text)
    assert set(page.tags) <= {"p", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


@pytest.mark.parametrize("text", NASTY)
def test_a_cell_stays_one_cell(text: str) -> None:
    page = Page(f"| a | b |\n| - | - |\n| {code(text)} | 2 |")
    assert page.rows[1] == [as_one_line(text), " 2 ".strip()]


@given(st.lists(st.text(max_size=20), max_size=5).map("\n".join))
@example("```\n</pre>\n````\n<b>")
def test_a_block_is_the_text_and_nothing_else(text: str) -> None:
    page = Page(f"{fence(text)}\n\nafter")
    (shown,) = page.codes
    assert shown.rstrip("\n") == lines(text).rstrip("\n")
    assert page.tags == ["pre", "code", "p"]


def test_nothing_hides_or_turns_the_text_around() -> None:
    (shown,) = Page(code("a\u202eb\x1b[31m\x00")).codes
    assert shown == r"a\u202eb\x1b[31m\x00"
