"""Markdown as a reader sees it: rendered, and taken apart into tags and text."""

from __future__ import annotations

from html.parser import HTMLParser

from markdown_it import MarkdownIt

OURS = frozenset(
    ("h3", "p", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "details", "summary",
     "strong", "ul", "li")
)  # fmt: skip
"""The tags that a page of ours may have."""


class Page(HTMLParser):
    """The tags, and the text of each kind."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.codes: list[str] = []
        """Text of each inline code, then of each block."""
        self.rows: list[list[str]] = []
        self.text = ""
        reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self.feed(reader.render(markdown))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        if tag == "code":
            self.codes.append("")
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.text += data
        if "code" in self.open:
            self.codes[-1] += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
