"""The pytest hooks, and nothing else. Whatever is heavy is imported where it is first needed."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pytest_inferenergy import clock, threads  # noqa: F401  (bound before a test is imported)
from pytest_inferenergy.session.fixture import FAILED, KEPT, OVER, energy
from pytest_inferenergy.session.marker_form import (
    PROBLEM,
    check_selected,
    early_problem,
    is_marker_only,
    late_problem,
    uses_fixture,
)
from pytest_inferenergy.session.markers import has_ours, marked, marker_lines
from pytest_inferenergy.session.options.declaration import (
    add_options,
    read_settings,
    remarks_on_options,
)
from pytest_inferenergy.session.session import (
    BODY_PASSED,
    NODEID,
    SESSION,
    EnergySession,
    calls_tests,
    session_of,
    worker_input,
)

__all__ = ["energy"]

SELECTED = "inferenergy_selected"
"""Under this name an xdist worker hands over the number of energy tests."""
UNSEEN = "inferenergy_unseen"
"""Under this name the first of them hands over which baselines have no test."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our own hooks, for other plugins and conftests."""
    from pytest_inferenergy.session import hookspec

    pluginmanager.add_hookspecs(hookspec)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Where a model is measured instead of tests, import nothing of the current folder."""
    options = early_config.known_args_namespace
    if options.energy_model is not None or options.energy_task is not None:
        options.noconftest = True


def pytest_configure(config: pytest.Config) -> None:
    """Validate the settings and register the markers."""
    for line in marker_lines():
        config.addinivalue_line("markers", line)
    session = EnergySession(config, read_settings(config))
    config.stash[SESSION] = session
    config.pluginmanager.register(_Collecting(session), "inferenergy-collecting")
    if worker_input(config) is None:
        config.pluginmanager.register(_Controller(session), "inferenergy-controller")
        session.written += remarks_on_options(config)
    if session.settings.model is not None:
        from pytest_inferenergy.session.model_item import ModelPlugin

        config.pluginmanager.register(ModelPlugin(config, session.settings), "inferenergy-model")
    if session.settings.against is not None:
        from pytest_inferenergy.session.against.plugin import AgainstPlugin

        config.pluginmanager.register(AgainstPlugin(config, session), "inferenergy-against")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the meters."""
    session = session_of(config)
    if session is not None:
        session.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Learn the id of the xdist run, whose lock file is ours to take away."""
    session = session_of(node.config)
    if session is not None:
        session.run_uid = node.workerinput["testrunuid"]
        session.collected.incomplete("the tests were collected by xdist workers: run it without -n")


# -- collection --------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn bad markers into a collection error that names the test."""
    report = yield
    session = session_of(collector.config)
    if session is None:
        return report
    inherited = has_ours(collector.iter_markers())
    items = [
        node
        for node in report.result or ()
        if isinstance(node, pytest.Item) and (inherited or has_ours(node.own_markers))
    ]
    found = (early_problem(item, session.settings) for item in items)
    problems = [line for line in found if line is not None]
    if not problems:
        return report
    return pytest.CollectReport(
        nodeid=report.nodeid, outcome="failed", longrepr="\n".join(problems), result=[]
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Before any test is deselected or renamed: remember them all, and mark those of the fixture.

    ``-m energy`` selects by that mark. One loop here costs less than a hook for each test.
    """
    session = session_of(config)
    if session is None:
        return (yield)
    if worker_input(config) is not None:  # xdist renames tests of a group, and nobody else does
        for item in items:
            item.stash[NODEID] = item.nodeid
    for item in items:
        if uses_fixture(item) and not marked(item, "energy"):
            item.add_marker(pytest.mark.energy)
    session.collected.add([item.nodeid for item in items])
    return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Check and count the energy tests that are to run; a worker tells its controller."""
    config, ours = session.config, session_of(session.config)
    if ours is None or config.getoption("collectonly") or not calls_tests(config):
        return
    count = check_selected(session.items, ours.settings)
    ours.on_selected(count)
    ours.collected.ran(len({item.nodeid for item in session.items}))
    if worker_input(config) is not None:
        config.workeroutput[SELECTED] = count  # type: ignore[attr-defined]


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Part of the tests is left out."""
    session = session_of(items[0].config) if items else None
    if session is not None:
        session.collected.incomplete("some tests were deselected")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Before the first test may initialise CUDA: a GPU for each xdist worker."""
    ours = session_of(session.config)
    if ours is not None:
        ours.own_a_gpu()
    return (yield)


# -- running -----------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Begin a rerun afresh; a fixture, too, may read a figure that nobody measured."""
    if OVER in item.stash:
        del item.stash[OVER]
        if KEPT in item.stash:
            item.stash[KEPT].begin_again()
    _fail_if_wrong(item)
    try:
        result = yield
    except BaseException as error:
        from pytest_inferenergy.session.gating import explain

        _end(item)
        explain(item, error)
        raise
    session = session_of(item.config)
    if session is not None:  # a fixture may have marked the test
        late_problem(item, session.settings)
        _fail_if_wrong(item)
    return result


def _fail_if_wrong(item: pytest.Item) -> None:
    if PROBLEM in item.stash:
        _end(item)
        pytest.fail(item.stash[PROBLEM], pytrace=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Gate what a test measured, after its own asserts."""
    item.stash[BODY_PASSED] = False
    try:
        result = yield
    except BaseException as error:
        from pytest_inferenergy.session.gating import explain

        _end(item)
        explain(item, error)
        raise
    _end(item)
    item.stash[BODY_PASSED] = True
    if KEPT in item.stash or marked(item, "energy") or marked(item, "energy_budget"):
        from pytest_inferenergy.session.gating import gate_test

        gate_test(item)
    return result


def _end(item: pytest.Item) -> None:
    """From here on the test measures nothing more: nobody would gate it."""
    item.stash[OVER] = True
    if KEPT in item.stash:
        item.stash[KEPT].is_open = False


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Measure the whole call of a test that has the marker and not the fixture."""
    if not is_marker_only(pyfuncitem) or session_of(pyfuncitem.config) is None:
        return None
    from pytest_inferenergy.session.repeating import measure_test

    return measure_test(pyfuncitem)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what was measured on the report: it travels between processes and into JUnit."""
    if call.excinfo is not None and call.when == "teardown":
        from pytest_inferenergy.session.gating import without_ours

        without_ours(item, call.excinfo.value)
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    if KEPT in item.stash:
        from pytest_inferenergy.session.gating import attach

        attach(item, report)
    return report


class _Collecting:
    """A hook that carries no config, bound to the session it belongs to."""

    def __init__(self, session: EnergySession) -> None:
        self._session = session

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Learn which files were looked into."""
        if report.passed:
            self._session.collected.add_file(report.nodeid)
        elif report.skipped:
            self._session.collected.skipped(report.nodeid)
        else:
            self._session.collected.incomplete("there were collection errors")


# -- reporting (controller) --------------------------------------------------------------------


class _Controller:
    """Hooks that carry no config, bound to the session they belong to."""

    def __init__(self, session: EnergySession) -> None:
        self._session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what was measured from the reports of tests, wherever they ran."""
        self._session.on_report(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from an xdist worker how many energy tests there were."""
        told = getattr(node, "workeroutput", {})
        self._session.on_selected(told.get(SELECTED, 0))
        if told.get(UNSEEN) is not None:
            tests, all_of_it = told[UNSEEN]
            self._session.unseen = (tests, all_of_it)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, object, object]:
    """The table, and as the last line above pytest's own what was gated."""
    session = session_of(config)
    if session is None or not (session.selected or session.problems or session.written):
        return (yield)
    from pytest_inferenergy.session.terminal import write_report, write_summary

    if session.settings.report:
        write_report(terminalreporter, session)
    result = yield
    write_summary(terminalreporter, session)
    return result


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write baselines and results, on the controller only; what cannot be written fails the run."""
    ours, worker = session_of(session.config), worker_input(session.config)
    if ours is None or not calls_tests(session.config):
        return
    if worker is None:
        stopped = exitstatus == pytest.ExitCode.INTERRUPTED  # as xdist stops
        ours.collected.part_ran |= bool(stopped or session.shouldstop or session.shouldfail)
        from pytest_inferenergy.session.ending import finish

        finish(ours)
        if ours.problems and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    elif worker["workerid"] == "gw0" and not session.config.getoption("collectonly"):
        from pytest_inferenergy.session.gone import unseen

        found = unseen(session.config, ours.collected, ours.settings.baselines)
        session.config.workeroutput[UNSEEN] = found  # type: ignore[attr-defined]
