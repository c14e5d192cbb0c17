"""What the README says was measured is what the results say; what it links to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
README = (ROOT / "README.md").read_text("utf-8")
WORDS = " ".join(README.split())
LOADS = {
    "GPU-bound": "gpu_bound",
    "host-bound": "host_bound",
    "150 ms on, 170 ms off": "square",
}


def result(name: str) -> str:
    return (RESULTS / name).read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


EXAMPLES = 'pip install -c constraints.txt -e ".[examples]" && pytest examples --energy-report'


@pytest.mark.parametrize("command", [EXAMPLES, "pip install tox && tox"])
def test_the_two_commands_stand_as_they_are(command: str) -> None:
    assert f"\n```console\npython -m {command}\n```\n" in README


def test_errors_of_windows_are_those_of_the_results() -> None:
    told = [row for row in rows(README) if len(row) == 5 and row[1] in LOADS]
    assert len(told) == 5
    table = rows(result("precision_h200.md").partition("## Error of")[2].partition("\n## ")[0])
    for window, load, *errors in told:
        nominal = window.removesuffix(" s")
        (measured,) = (row for row in table if row[:2] == [LOADS[load], nominal])
        assert errors == measured[4:7]


def test_rules_find_what_the_results_say() -> None:
    _, _, differ = result("verdicts_replay.md").partition("## Runs differ by 1.0% (sd)")
    stored = {row[0]: row for row in rows(differ.partition("\n## ")[0])}
    head = stored["rule"]
    wanted = [head.index(name) for name in ("false alarms", "+10% found", "+15% found")]
    for shown, rule in (
        ("pytest-benchmark 5.3.1, `mean:5%`", "pytest-benchmark, mean:5%"),
        ("pytest-inferenergy", "this rule, 5 stored sessions [5 %, 10 %]"),
    ):
        (told,) = (row for row in rows(README) if row[0] == shown)
        assert told[1:] == [stored[rule][place] for place in wanted]


def test_turns_are_those_of_the_results() -> None:
    same, more = (row for row in rows(result("by_turns.md")) if row[0].endswith(" %"))
    assert f"{same[3]} of {same[1]} comparisons of unchanged work passed" in WORDS
    assert f"{more[2]} of {more[1]} with 3 % more were found" in WORDS
    longest = [round(float(row[-1])) for row in (same, more)]
    assert f"in at most {longest[0]} and {longest[1]} s each" in WORDS


def test_bursts_spread_as_in_the_results() -> None:
    bursts = result("precision_h200.md").partition("## Bursts")[2]
    (spread,) = (row for row in rows(bursts.partition("\n## ")[0]) if row[0] == "bursts_20ms")
    told = [float(cell) for cell in spread[2:5]]
    assert f"spread by {min(told):.0f} to {max(told):.0f} % (sd)" in WORDS


def test_what_it_links_to_is_there() -> None:
    links = set(re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README))
    assert len(links) > 15
    assert [
        link for link in links if not link.startswith("https:") and not (ROOT / link).exists()
    ] == []
