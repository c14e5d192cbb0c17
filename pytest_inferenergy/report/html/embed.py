"""What may stand inside a script element: data that cannot leave it, code known by its hash."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any


def script_json(data: Any) -> str:
    """JSON, all ASCII, in which nothing can end a script element or a line of script."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))  # ASCII: U+2028 is escaped
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def harmless(code: str) -> str:
    """A library's code, so that none of its strings ends the script element it stands in."""
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def source_hash(code: str) -> str:
    """The hash by which a Content-Security-Policy lets a script run: ``sha256-…``."""
    digest = hashlib.sha256(code.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
