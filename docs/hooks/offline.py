"""Nothing on the site is asked of another place: the build fails where a page would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ELSEWHERE = re.compile(
    r"<(?:(?:script|img|iframe|source)\b[^>]*\ssrc|link\b[^>]*\shref)=[\"']?(?:https?:)?//[^>]*>"
)
"""A tag that a browser would fetch something for; links that a reader may follow are none."""


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Fail at a script, style or picture from elsewhere."""
    found = ELSEWHERE.search(output)
    if found is not None:
        from mkdocs.exceptions import PluginError

        raise PluginError(f"{page.file.src_uri} fetches from elsewhere: {found[0]}")
    return output
