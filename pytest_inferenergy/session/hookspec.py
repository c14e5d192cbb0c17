"""Hooks for other plugins and for ``conftest.py``; each docstring has an example that runs.

Write functions of these names into a ``conftest.py`` or a plugin. In a plugin that must also work
where pytest-inferenergy is not installed, mark them ``@pytest.hookimpl(optionalhook=True)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest


@pytest.hookspec
def pytest_energy_machine_profile(config: pytest.Config, profile: dict[str, Any]) -> None:
    """Change the hard facts that key the baselines, in place.

    Only measurements with an equal profile are compared; it also names the file. ``profile`` has
    the keys ``device`` (text), ``count``, ``power_limit_watts`` (watts or ``None``), ``mig``
    (``True`` or ``False``), ``meter`` (text) and ``components`` (some of ``gpu``, ``cpu`` and
    ``ram``), and no others. Called once a measurement, where it is measured: with xdist, in the
    workers. A profile that is none is an error of the measurement.

    To keep the baselines of two kinds of cooling apart:

        import os

        def pytest_energy_machine_profile(config, profile):
            cooling = os.environ.get("RACK_COOLING", "air")
            profile["device"] += f" ({cooling} cooled)"
    """


@pytest.hookspec
def pytest_energy_verdict(
    item: pytest.Item, outcome: Mapping[str, Any]
) -> str | Sequence[str] | None:
    """Hear of a measurement that was judged; return remarks on it, if any.

    ``outcome`` is what ``--energy-json`` tells of the measurement: ``verdict`` (``passed``,
    ``improved``, ``regressed``, ``inconclusive``, ``new`` or ``None``), ``gated`` (what that does
    to the test: ``failed``, ``warned``, ``passed``, ``not gated``), ``kwh_per_1k``, ``change`` and
    so on. It is a copy: a verdict has an error rate, and nothing but a measurement changes it. A
    remark (one line of text, or several) joins the message of a test that fails or warns, the lines
    below the table, and ``notes`` in the results. Called where the test ran, after its own asserts.

    To say in a failure who knows more:

        def pytest_energy_verdict(item, outcome):
            if outcome["verdict"] == "regressed":
                return "see the wiki page Energy, or ask the team of " + item.path.parent.name
    """


@pytest.hookspec
def pytest_energy_json(config: pytest.Config, document: dict[str, Any]) -> None:
    """Change the results before they are written, in place.

    ``document`` is what ``--energy-json`` writes, of builtin types, as described by
    ``pytest_inferenergy/schemas/results.schema.json``; CSV, Markdown, HTML and annotations are made
    from it, too. Keys of your own begin with ``x_``, in the document or in a measurement. Called
    once, where reports are written: with xdist, not in the workers.

    To add who paid for the energy:

        def pytest_energy_json(config, document):
            document["x_cost_centre"] = "4711"
            for measurement in document["measurements"]:
                if measurement["state"] == "measured":
                    cents = 100 * 0.31 * measurement["kwh_per_1k"]
                    measurement["x_cents_per_1k"] = round(cents, 4)
    """
