"""The expression of ``-k``: words with ``and``, ``or``, ``not`` and parentheses.

pytest's own evaluator is private, so this is one of the same grammar: a word holds where it is part
of a name, whatever the case; the names of a test are its file, classes, function with parameters,
and the measurement's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pytest_inferenergy.errors import DocumentError

Matcher = Callable[[Sequence[str]], bool]
_TOKEN: Final = re.compile(r"\s*(?:(?P<mark>[()])|(?P<word>[^\s()]+))")


def names_of(nodeid: str, name: str | None) -> tuple[str, ...]:
    """The names that words are looked for in."""
    file, *parts = nodeid.split("::")
    return (file.replace("\\", "/").rpartition("/")[2], *parts, *([name] if name else []))


def compile_expression(text: str) -> Matcher:
    """A function of a test's names; `DocumentError` for what is no expression."""
    parser = _Parser(text)
    matcher = parser.alternatives()
    if parser.token is not None:
        raise parser.unexpected()
    return matcher


class _Parser:
    """Recursive descent: alternatives of conjunctions of perhaps negated words or brackets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: Iterator[str] = (
            match["mark"] or match["word"] for match in _TOKEN.finditer(text)
        )
        self.token: str | None = next(self._tokens, None)

    def alternatives(self) -> Matcher:
        parts = [self._conjunction()]
        while self._take("or"):
            parts.append(self._conjunction())
        return lambda names: any(part(names) for part in parts)

    def _conjunction(self) -> Matcher:
        parts = [self._negation()]
        while self._take("and"):
            parts.append(self._negation())
        return lambda names: all(part(names) for part in parts)

    def _negation(self) -> Matcher:
        if self._take("not"):
            inner = self._negation()
            return lambda names: not inner(names)
        if self._take("("):
            inner = self.alternatives()
            if not self._take(")"):
                raise self.unexpected()
            return inner
        return self._word()

    def _word(self) -> Matcher:
        if self.token in (None, "and", "or", ")"):
            raise self.unexpected()
        word = str(self.token).lower()
        self.token = next(self._tokens, None)
        return lambda names: any(word in name.lower() for name in names)

    def _take(self, token: str) -> bool:
        if self.token != token:
            return False
        self.token = next(self._tokens, None)
        return True

    def unexpected(self) -> DocumentError:
        """The error for the token that stands here."""
        what = "its end" if self.token is None else repr(self.token)
        return DocumentError(f"-k {self._text!r}: {what} was not expected there")
