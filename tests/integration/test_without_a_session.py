"""Runs of pytest in which nothing is measured: unconfigured, or listing instead of calling."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any

import pytest

from pytest_inferenergy import plugin
from tests.integration.conftest import BLOCK, USUAL
from tests.plugins import ALONE

LISTING = ["--fixtures", "--fixtures-per-test", "--setup-only", "--setup-plan", "--collect-only"]


def collected(pytester: pytest.Pytester) -> pytest.Session:
    """A session whose config nobody has configured."""
    config = pytester.parseconfig(*ALONE)
    session = pytest.Session.from_config(config)
    for name in ("fixtures", "runner"):  # without these two of pytest's own, no item is made
        config.pluginmanager.getplugin(name).pytest_sessionstart(session)
    session.perform_collect()
    return session


def test_no_hook_needs_pytest_configure(pytester: pytest.Pytester) -> None:
    """As in other plugins' tests, which collect with a config of their own."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.energy
        def test_marked():
            pass

        def test_asks(energy):
            pass

        def test_plain():
            pass
        """
    )
    session = collected(pytester)
    assert len(session.items) == 3
    plain, call = session.items[2], pytest.CallInfo.from_call(lambda: None, "call")
    report = pytest.TestReport.from_item_and_call(plain, call)
    # ours alone: pytest's own need more to be there than we do
    plugin.pytest_deselected(session.items)
    plugin.pytest_collection_finish(session)
    through(plugin.pytest_runtestloop(session))
    through(plugin.pytest_runtest_setup(plain))
    through(plugin.pytest_runtest_call(plain))
    through(plugin.pytest_runtest_makereport(plain, call), report)
    through(plugin.pytest_terminal_summary(None, session.config))  # type: ignore[arg-type]
    plugin.pytest_sessionfinish(session, exitstatus=0)
    plugin.pytest_unconfigure(session.config)


def through(hook: Generator[None, Any, object], result: object = None) -> None:
    """Run a wrapper around a hook that gives this."""
    next(hook)
    with contextlib.suppress(StopIteration):
        hook.send(result)


def test_items_of_other_plugins_tests_run(pytester: pytest.Pytester) -> None:
    items = pytester.getitems("import pytest\n@pytest.mark.energy\ndef test_it():\n    pass\n")
    assert [item.name for item in items] == ["test_it"]


def test_the_fixture_says_that_there_is_no_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_asks(energy):\n    pass\n")
    session = collected(pytester)
    (item,) = session.items
    with pytest.raises(Exception, match="pytest_configure did not run"):
        item.ihook.pytest_runtest_setup(item=item)


@pytest.mark.parametrize("option", LISTING)
def test_what_only_lists_tests_prints_no_gate_line(pytester: pytest.Pytester, option: str) -> None:
    pytester.makepyfile(BLOCK)
    result = pytester.runpytest_inprocess(*USUAL, option)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("energy: *")
