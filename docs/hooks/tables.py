"""Tables made from the code when the site is built, where a page says ``<!-- table: … -->``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

PLACE = re.compile(r"^<!-- table: (\S+) -->$", re.MULTILINE)
SCHEMA = "schemas/results.schema.json"
CHOICES = {"measurement": ("measured", "unmeasured")}
"""What stands in the schema for one of several."""


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put each table in its place; a name that has none fails the build."""
    return PLACE.sub(lambda match: TABLES[match[1]](), markdown)


def options() -> str:
    """All options and ini keys."""
    from pytest_inferenergy.session.options.declaration import INI_ONLY, OPTIONS

    rows: list[tuple[str | None, str | None, str | None, str]] = []
    for option in OPTIONS:
        flag = f"--energy-{option.name.replace('_', '-')}"
        shown = flag if option.metavar is None else f"{flag} {option.metavar}"
        rows.append((shown, option.ini and f"energy_{option.name}", option.ini, option.help))
    rows += [(None, f"energy_{name}", kind, text) for name, (kind, text) in INI_ONLY.items()]
    cells = (
        (code(flag), f"{code(key)} {kind or ''}".strip(), plain(text))
        for flag, key, kind, text in rows
    )
    return table(("option", "ini key and its type", "what it does"), cells)


def command() -> str:
    """Each command with its arguments and options, as its help says."""
    import typer

    from pytest_inferenergy.cli import app

    group = typer.main.get_command(app)
    parts = []
    for name, one in group.commands.items():  # type: ignore[attr-defined]
        context = one.make_context(f"inferenergy {name}", [], resilient_parsing=True)
        rows = filter(None, (each.get_help_record(context) for each in one.get_params(context)))
        parts += [
            f"## {name}",
            "\n\n".join(" ".join(part.split()) for part in (one.help or "").split("\n\n")),
            table(("", "what it is"), ((code(flag), plain(text)) for flag, text in rows)),
            str(one.epilog).replace("Example: ", "Example: `", 1) + "`",
        ]
    return "\n\n".join(parts)


def results() -> str:
    """The keys of the JSON results, from their schema."""
    import pytest_inferenergy

    folder = Path(str(pytest_inferenergy.__file__)).parent
    schema = json.loads((folder / SCHEMA).read_text("utf-8"))
    parts = [keys_of(schema)]
    for name, part in schema["$defs"].items():
        if "properties" in part:
            parts += [f"## {name}", plain(part.get("description", "")), keys_of(part)]
    return "\n\n".join(parts)


def keys_of(schema: Mapping[str, Any]) -> str:
    """A table of the keys of an object; what lies deeper has its path."""
    rows = (
        (code(path), kind(part), plain(part.get("description", ""))) for path, part in keys(schema)
    )
    return table(("key", "value", "what it is"), rows)


def keys(schema: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each key of an object, and those of objects and lists of objects in it."""
    for name, part in schema.get("properties", {}).items():
        yield above + name, part
        for inner in (part, *part.get("oneOf", ())):
            yield from keys(inner, f"{above}{name}.")
            for each in (inner.get("items"), inner.get("additionalProperties")):
                if isinstance(each, dict):
                    yield from keys(each, f"{above}{name}[].")


def kind(part: Mapping[str, Any]) -> str:
    """What a value may be, in few words."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return " or ".join(f"[{one}](#{one})" for one in CHOICES.get(name, (name,)))
    if "oneOf" in part:
        return " or ".join(kind(each) for each in part["oneOf"])
    if "const" in part or "enum" in part:
        return ", ".join(code(json.dumps(v)) for v in part.get("enum", [part.get("const")]))
    types = part.get("type", "any")
    words = [types] if isinstance(types, str) else list(types)
    if words == ["array"] and isinstance(part.get("items"), dict):
        return f"array of {kind(part['items'])}"
    return " or ".join(words)


def table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def code(text: str | None) -> str:
    """As code in a cell; nothing where there is nothing."""
    return "" if text is None else f"`{text.replace('|', chr(92) + '|')}`"


def plain(text: str) -> str:
    """As text in a cell."""
    return re.sub(r"([|<>*_\[\]{}])", r"\\\1", " ".join(text.split()))


TABLES: dict[str, Callable[[], str]] = {"options": options, "command": command, "results": results}
