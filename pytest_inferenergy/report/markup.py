"""Untrusted text in Markdown: it must show as it is, whatever it holds."""

from __future__ import annotations

import re

from pytest_inferenergy.escaping import line, lines

_DOUBTFUL = re.compile(r"[^\w \-/,;%.]|_|(?<=www)\.", re.ASCII | re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Text as inline code on one line, also in a table: nothing in it is Markdown or HTML.

    Everything but letters, digits and harmless marks becomes a character reference, which Markdown
    never takes for its own sign; within ``<code>`` GitHub links neither names nor numbers.
    """
    return f"<code>{plain_text(text)}</code>"


def plain_text(text: str) -> str:
    """Text on one line, also in a table: nothing in it is Markdown or HTML."""
    return _DOUBTFUL.sub(_reference, line(text))


def fence(text: str) -> str:
    """Text of several lines as a code block, with a fence longer than any in it."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    rail = "`" * max(3, longest + 1)
    return f"{rail}text\n{lines(text)}\n{rail}"


def _reference(found: re.Match[str]) -> str:
    character = found[0]
    if character == "@":  # the comment keeps what looks like an address from becoming a link
        return "&#64;<!-- -->"
    return f"&#{ord(character)};" if ord(character) < 128 else character
