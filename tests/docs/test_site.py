"""What the site makes of the pages: links that lead out of ``docs/``, tables made from the code."""

from __future__ import annotations

import re

import pytest

from docs.hooks import links, offline, tables
from pytest_inferenergy.session.options.declaration import INI_ONLY, OPTIONS

PAGES = sorted(
    path.relative_to(links.ROOT).as_posix() for path in (links.ROOT / "docs").rglob("*.md")
)


def test_what_pages_link_to_outside_the_docs_becomes_part_of_the_site() -> None:
    found = links.outside(iter(PAGES))
    assert "benchmarks/results/precision_h200.md" in found
    assert "pytest_inferenergy/schemas/results.schema.json" in found
    assert not [path for path in found if path.startswith("docs/")]
    assert "README.md" not in found, "the site has a page of that name already: index.md"


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_links_lead_to_files_that_are_there(page: str) -> None:
    text = (links.ROOT / page).read_text("utf-8")
    assert [link for link in links.LINK.findall(text) if links.linked(page)(link) is None] == []


@pytest.mark.parametrize(
    ("page", "link", "led"),
    [
        ("docs/h200.md", "../benchmarks/results/by_turns.md", "benchmarks/results/by_turns.md"),
        ("docs/guides/x.md", "../../CHANGELOG.md#unreleased", "../CHANGELOG.md#unreleased"),
        ("docs/reference/x.md", "../ci.md", "../ci.md"),
        ("CHANGELOG.md", "docs/ci.md", "ci.md"),
        ("benchmarks/results/x.md", "../../docs/images/ladder.svg", "../../images/ladder.svg"),
        ("docs/x.md", "https://example.org/docs/ci.md", "https://example.org/docs/ci.md"),
        ("docs/x.md", "nowhere.md", "nowhere.md"),
    ],
)
def test_a_link_leads_to_where_its_file_is_on_the_site(page: str, link: str, led: str) -> None:
    assert links.for_site(f"see [it]({link}).", page) == f"see [it]({led})."


@pytest.mark.parametrize(
    ("tag", "fetched"),
    [
        ('<script src="https://example.org/x.js"></script>', True),
        ("<link rel=stylesheet href=//example.org/x.css>", True),
        ('<img alt="" src="http://example.org/x.png">', True),
        ('<a href="https://example.org">a link to follow</a>', False),
        ('<script src="assets/x.js"></script>', False),
    ],
)
def test_what_a_browser_would_fetch_from_elsewhere_is_seen(tag: str, fetched: bool) -> None:
    assert bool(offline.ELSEWHERE.search(tag)) == fetched


def test_the_table_of_options_has_each() -> None:
    rows = tables.options().splitlines()[2:]
    assert len(rows) == len(OPTIONS) + len(INI_ONLY)
    assert "| `--energy-gate {fail,warn,off}` | `energy_gate` string |" in tables.options()


def test_the_commands_have_their_options() -> None:
    text = tables.command()
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == [
        "show", "compare", "accept", "mv", "report", "doctor",
    ]  # fmt: skip
    for option in ("--tolerance PCT", "--fail-over PCT", "-k EXPR", "--html PATH", "--json"):
        assert f"| `{option}" in text


def test_the_results_have_the_keys_of_their_schema() -> None:
    text = tables.results()
    for line in (
        "| `measurements` | array of [measured](#measured) or [unmeasured](#unmeasured) |  |",
        "| `window_list[].joules` | number |  |",
        '| `budget.word` | `"passed"`, `"blown"`, `"inconclusive"` |  |',
    ):
        assert line in text
    linked = set(re.findall(r"\]\(#(\w+)\)", text))
    assert linked <= set(re.findall(r"^## (\w+)$", text, re.MULTILINE))


def test_each_table_has_its_place_on_a_page() -> None:
    places = [
        name
        for page in PAGES
        for name in tables.PLACE.findall((links.ROOT / page).read_text("utf-8"))
    ]
    assert sorted(places) == sorted(tables.TABLES)
