"""The pytest side of ``--energy-against``: the start of the other side, and its end."""

from __future__ import annotations

import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_inferenergy.ab.against import Against
from pytest_inferenergy.ab.client import ReferenceClient, ran_out_of_memory
from pytest_inferenergy.ab.process import Plan, ReferenceProcess
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import InferenergyError, ReferenceLostError
from pytest_inferenergy.session.against.rounds import not_taken, run_rounds
from pytest_inferenergy.session.session import nodeid_of

if TYPE_CHECKING:
    from pytest_inferenergy.session.session import EnergySession

SCRIPT = Path(__file__).with_name("bootstrap.py")
"""What the reference process runs."""


class AgainstPlugin:
    """Hooks that exist only where the option was given."""

    def __init__(self, config: pytest.Config, session: EnergySession) -> None:
        self._config = config
        self._session = session
        self._began = time.perf_counter()
        self._plan: Plan | None = None
        self._partner: ReferenceClient | None = None
        self._following: dict[str, str | None] = {}

    # -- start and end -------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Start the reference side once it is clear what is to be compared."""
        option = self._config.option
        broken = session.testsfailed and not option.continue_on_collection_errors
        items = [item for item in session.items if item.get_closest_marker("energy") is not None]
        if items and not broken and not option.collectonly:
            try:
                self._start(items)
            except InferenergyError as error:
                raise pytest.UsageError(f"--energy-against: {error}") from None
        try:
            result = yield
        except BaseException as error:  # `-x`, Ctrl-C: what waits for its rounds has no verdict
            if self._session.against is not None:
                not_taken(self._session, self._session.against.due, str(error) or repr(error))
            raise
        self._take_rounds(session)
        return result

    def _take_rounds(self, session: pytest.Session) -> None:
        """Compare by rounds what did not fit into memory; all fixtures are gone by now."""
        against, plan = self._session.against, self._plan
        if against is None or plan is None or not against.due:
            return
        if self._partner is not None:
            self._partner.close()
        self._session.against = self._partner = None

        def start(present: bool) -> ReferenceClient:
            begun = replace(
                plan, present=present, python=sys.executable if present else plan.python
            )
            title = "the working tree" if present else plan.revision.title
            partner = ReferenceClient(ReferenceProcess(begun), title)
            try:
                partner.begin(0.0)
            except BaseException:
                partner.close()
                raise
            return partner

        run_rounds(session, self._session, against.due, start)

    def _start(self, items: list[pytest.Item]) -> None:
        revision = self._session.settings.against
        assert revision is not None
        self._plan = self._planned(items)
        self._partner = ReferenceClient(ReferenceProcess(self._plan), revision.title)
        self._partner.begin(time.perf_counter() - self._began)
        tests = [nodeid_of(item) for item in items]
        for test in tests:
            file = test.partition("::")[0]
            if file in self._partner.broken:
                raise ReferenceLostError(
                    f"the reference side, {revision.title}, cannot collect {file}:\n"
                    f"{self._partner.broken[file]}"
                )
        self._session.against = Against(revision, self._partner, self._config.rootpath)
        shared = [test for test in tests if test in self._partner.tests]
        self._following = dict(zip(shared, [*shared[1:], None], strict=True))
        self._note(tests)

    def _note(self, tests: list[str]) -> None:
        """List what exists on one side only."""
        assert self._partner is not None
        known = self._session.collected.tests | set(tests)
        narrowed = any("::" in argument for argument in self._config.args)
        gone = [] if narrowed else [test for test in self._partner.tests if test not in known]
        here = [test for test in tests if test not in self._partner.tests]
        revision = self._session.settings.against
        assert revision is not None
        self._session.notes.update(
            revision=revision.text, commit=revision.commit, only_here=here, only_there=gone
        )
        for title, those in (("not at", here), ("only at", gone)):
            if those:
                self._session.written.append(f"{title} {revision.title}: {', '.join(those)}")

    def _planned(self, items: list[pytest.Item]) -> Plan:
        config, settings = self._config, self._session.settings
        assert settings.against is not None
        folder = config.invocation_params.dir
        given = [folder / argument.partition("::")[0] for argument in config.args]
        files = [path for path in given if path.exists()]
        files += [item.path for item in items if not _covered(item.path, files)]
        python = settings.against_python
        return Plan(
            script=SCRIPT,
            revision=settings.against,
            python=sys.executable if python is None else str(python),
            arguments=[str(word) for word in config.invocation_params.args],
            folder=folder,
            root=config.rootpath,
            inifile=config.inipath,
            files=list(dict.fromkeys(files)),
            search_path=list(sys.path),
        )

    def pytest_unconfigure(self) -> None:
        """Leave no process and no worktree behind."""
        if self._partner is not None:
            self._partner.close()
            self._partner = None

    # -- tests ---------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Begin and end the same test on the other side, where it is needed there."""
        against = self._session.against
        test = nodeid_of(item)
        if against is None or item.get_closest_marker("energy") is None:
            return (yield)
        against.begin(test, self._following.get(test))
        result = yield
        try:
            against.finish()
        except ReferenceLostError as error:
            self._session.problems.append(str(error))
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """Say it where memory ran out because of the other side."""
        return (yield from _explained())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Say it where memory ran out because of the other side."""
        return (yield from _explained())


def _explained() -> Generator[None, object, object]:
    try:
        return (yield)
    except Exception as error:
        if ran_out_of_memory(f"{type(error).__name__}: {error}"):
            from pytest_inferenergy.session.repeating import note

            note(
                error,
                "with --energy-against both revisions hold their model at the same time: use a "
                "smaller batch or a device with more memory",
            )
        raise


def _covered(path: Path, files: list[Path]) -> bool:
    return any(path == file or file in path.parents for file in files)
