"""``inferenergy report``: other forms of the results that a run left as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_inferenergy.commands.documents import read_results
from pytest_inferenergy.errors import DocumentError
from pytest_inferenergy.report.files import write
from pytest_inferenergy.report.outputs import SPOILT, text_of


def report(path: Path, targets: Mapping[str, Path]) -> list[str]:
    """Write each form that was asked for (``html``, ``markdown``, ``csv``) to its path.

    Byte for byte what the run itself would have written. All are made before the first is
    written. Raises `DocumentError` where nothing is asked for or the results lack something.
    """
    if not targets:
        raise DocumentError("nothing to write: give --html, --markdown or --csv with a path")
    document = read_results(path)
    texts = {}
    for kind in targets:
        try:
            texts[kind] = text_of(kind, document)
        except SPOILT as error:
            raise DocumentError(
                f"{path}: cannot be made into {kind}: {type(error).__name__} {error}; is it as a "
                "run wrote it, and of this version?"
            ) from None
    for kind, target in targets.items():
        write(target, texts[kind], f"--{kind}")
    return [f"written: {target}" for target in targets.values()]
