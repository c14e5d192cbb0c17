"""Text from elsewhere, made safe to show: in a terminal, a log, Markdown, CSV and HTML.

Names, reasons and versions come from files, the environment, servers and drivers. Shown as it is,
such text could move the cursor, add lines, run commands of a CI service or show in another order
than it is stored. Whatever shows text goes through this module; doing so twice changes nothing.
"""

from __future__ import annotations

import re
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e0fff]"
)
"""Blank or ignored by fonts, though ``str.isprintable`` takes them for letters or marks.

Unicode's Default_Ignorable_Code_Point, as far as it is printable there, and the blank of Braille.
"""
_COMMAND: Final = re.compile(r"^(\s*):(?=:)|(?<=#)#(?=\w*\[)")
"""Where a CI service would find a command: ``::`` first in a line (GitHub Actions, which skips
blanks before it), ``##[`` (GitHub Actions, Azure Pipelines), ``##vso[`` and ``##teamcity[``
anywhere in it. https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs"""


def visible(text: str) -> str:
    r"""Text on one line in which each character is seen: others as escapes of Python, ``\x1b``.

    Escaped are line breaks and other control characters, surrogates, what turns the direction of
    writing, and every blank but the common one.
    """
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(map(_escape, text))


def line(text: str) -> str:
    """`visible` text that may stand in a log by itself: no CI service finds a command in it."""
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\x{ord(found[0][-1]):02x}", visible(text))


def lines(text: str) -> str:
    """Text of several lines, each of them a `line`."""
    return "\n".join(map(line, text.split("\n")))


def _escape(character: str) -> str:
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    return character.encode("unicode_escape").decode("ascii")
