"""Links that lead out of ``docs/``, to results say, work on the site as in a checkout.

What such a link names becomes a part of the site, at its own path; links in it are followed, too.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
LINK = re.compile(r"(?<=\]\()([^)#\s:]+)(?=[)#])")
"""The path of a link, without its anchor; none that has a scheme."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what pages link to and ``docs/`` does not have."""
    from mkdocs.structure.files import File, InclusionLevel

    have = [file.src_uri for file in files.documentation_pages()]
    for path in outside(DOCS + uri for uri in have):
        source, beside = str(ROOT / path), InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, path, abs_src_path=source, inclusion=beside))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links from where files are in the repository to where they are on the site."""
    uri = page.file.src_uri
    return for_site(markdown, uri if page.file.generated_by else DOCS + uri)


def outside(pages: Iterator[str]) -> list[str]:
    """What the pages link to outside ``docs/``, and what that links to; paths from the root."""
    todo, found = list(pages), set[str]()
    while todo:
        page = todo.pop()
        if not page.endswith(".md"):
            continue
        for target in map(linked(page), LINK.findall((ROOT / page).read_text("utf-8"))):
            if target is not None and not target.startswith(DOCS) and target not in found:
                found.add(target)
                todo.append(target)
    return sorted(found)


def for_site(markdown: str, page: str) -> str:
    """The text of a page, whose path is from the root, with its links as the site needs them."""
    target, here = linked(page), PurePosixPath(page.removeprefix(DOCS)).parent

    def lead(match: re.Match[str]) -> str:
        path = target(match[1])
        return match[1] if path is None else os.path.relpath(path.removeprefix(DOCS), here)

    return LINK.sub(lead, markdown)


def linked(page: str) -> Callable[[str], str | None]:
    """From a link of the page to the file's path from the root; ``None`` where there is none."""
    folder = PurePosixPath(page).parent

    def path(link: str) -> str | None:
        found = os.path.normpath(folder / link)
        return found if (ROOT / found).is_file() else None

    return path
