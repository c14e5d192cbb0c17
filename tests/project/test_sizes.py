"""Each file of code can be read in one sitting."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("pytest_inferenergy", "tests", "examples", "benchmarks")
CODE = {".py", ".c", ".h", ".js", ".css", ".html", ".j2"}


def test_no_file_is_over_400_lines() -> None:
    files = [path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.suffix in CODE]
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in files}
    assert len(files) > 500
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
