"""Annotations for GitHub Actions."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.report.annotations import workflow_commands
from pytest_inferenergy.report.document import results_document
from tests.report.outcomes import measured


def annotated(*outcomes: dict[str, Any], folder: str = "") -> list[str]:
    return workflow_commands(results_document(outcomes, [], settings={}, summary=""), folder)


def gated(word: str, message: str | None = "energy regressed: 0.1", **more: Any) -> dict[str, Any]:
    told = {"gated": word, "message": message, "location": ["tests/test_film.py", 12]}
    return measured() | told | more


def test_each_verdict() -> None:
    assert annotated(
        gated("passed", None), gated("warned"), gated("not gated", None), gated("failed")
    ) == [
        "::error file=tests/test_film.py,line=12,title=test_film.py%3A%3Atest_sentiment::"
        "energy regressed: 0.1",
        "::warning file=tests/test_film.py,line=12,title=test_film.py%3A%3Atest_sentiment::"
        "energy regressed: 0.1",
    ]


def test_paths_begin_at_the_checkout_and_an_unknown_place_is_left_out() -> None:
    (known,) = annotated(gated("failed"), folder="python/")
    assert known.startswith("::error file=python/tests/test_film.py,line=12,")
    (unknown,) = annotated(gated("failed", location=None))
    assert unknown.startswith("::error title=")


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_text_breaks_out_of_its_command(message: str, name: str) -> None:
    (line,) = annotated(gated("failed", message, name=name))
    assert len(line.splitlines()) == 1
    head = re.fullmatch(r"::error file=([^:,]*),line=12,title=([^:,]*)::.*", line)
    assert head is not None
    assert not re.search(r"%(?!25|0A|3A|2C)", line)


def test_line_breaks_and_percent_signs() -> None:
    (line,) = annotated(gated("failed", "up 5 %\n::error::no"))
    assert line.endswith("::up 5 %25%0A::error::no")


def test_no_more_than_github_shows() -> None:
    many = [gated("failed", change=n / 100) for n in range(15)] + [gated("warned")] * 15
    lines = annotated(*many)
    assert [line.split()[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
