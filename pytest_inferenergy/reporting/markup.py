"""Untrusted text in Markdown: it must show as it is, whatever it holds."""

from __future__ import annotations

import re
import unicodedata

_DOUBTFUL = re.compile(r"[^\w \-/,;%.]|_|(?<=www)\.", re.ASCII | re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Text as inline code on one line, also in a table: nothing in it is Markdown or HTML.

    Everything but letters, digits and harmless marks becomes a character reference, which Markdown
    never takes for its own sign; within ``<code>`` GitHub links neither names nor numbers.
    """
    return f"<code>{_DOUBTFUL.sub(_reference, visible(text, ' '))}</code>"


def fence(text: str) -> str:
    """Text of several lines as a code block, with a fence longer than any in it."""
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    rail = "`" * max(3, longest + 1)
    lines = "\n".join(visible(line) for line in text.splitlines())
    return f"{rail}text\n{lines}\n{rail}"


def visible(text: str, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """Control characters, and those that turn the direction of writing, replaced."""
    return "".join(instead if _is_hidden(character) else character for character in text)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _reference(found: re.Match[str]) -> str:
    character = found[0]
    if character == "@":  # the comment keeps what looks like an address from becoming a link
        return "&#64;<!-- -->"
    return f"&#{ord(character)};" if ord(character) < 128 else character
