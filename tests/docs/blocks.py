"""The fenced blocks of the README and the pages, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))


@dataclass(frozen=True)
class Block:
    """A fenced block: its page from the root, the line it begins in, its language, its text."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that it is, where its first line is a comment that names one."""
        named = re.match(r"# (\S+\.(?:py|ini|toml|yml))$", self.text.partition("\n")[0])
        return None if named is None else named[1]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A line that a reader types, and what is shown to be printed below it."""

    words: tuple[str, ...]
    shown: str


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a page, indented ones too, which have no language."""
    page = path.relative_to(ROOT).as_posix()
    return [
        Block(page, (token.map or [0])[0] + 1, token.info.strip(), token.content)
        for token in MarkdownIt().parse(path.read_text("utf-8"))
        if token.type in ("fence", "code_block")
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block: lines after ``$``; without any ``$``, all lines."""
    text = block.text if re.search(r"^\$ ", block.text, re.MULTILINE) else "$ " + block.text
    if text is not block.text:
        text = text.rstrip("\n").replace("\n", "\n$ ")
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&>")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, "&&"]:
            if word != "&&":
                words.append(word)
                continue
            while words and re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            yield Command(tuple(words), shown)
            words = []
