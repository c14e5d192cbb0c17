"""The clocks and the sleep of this package, bound before a test can put its own in their place.

``freeze_time``, ``mock.patch("time.perf_counter")`` and gevent change the module `time` itself, or
every name that a module has for its functions. So all of this package's code takes `time` from
here: a copy of that module, made when pytest loads the plugin.
"""

from __future__ import annotations

import contextlib
import datetime
import sys
import time as _module
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import time
else:
    time = ModuleType("time", "A copy of the module time, as it was when pytest loaded the plugin.")

__all__ = ["keep_time", "real_time", "time"]

_REAL: dict[str, Any] = {
    name: getattr(_module, name)
    for name in (
        *("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"),
        *("time", "time_ns", "gmtime", "localtime", "strftime"),
    )
}
_DATES = {"datetime": datetime.datetime, "date": datetime.date}


def _wall() -> float:
    """The wall clock, seconds; time-machine changes its very code, and keeps a way around."""
    travelling = sys.modules.get("time_machine")
    if travelling is not None and travelling.escape_hatch.is_travelling():
        return float(travelling.escape_hatch.time.time())
    return float(_REAL["time"]())


def _bind() -> None:
    gevent = sys.modules.get("gevent.monkey")  # it may have come before us
    if gevent is not None:
        _REAL["sleep"] = gevent.get_original("time", "sleep")
    vars(time).update(_REAL, time=_wall)


_bind()


@contextlib.contextmanager
def real_time() -> Iterator[None]:
    """Meanwhile the modules `time` and `datetime` are as they were, for libraries that read them.

    Nothing changes where no test has touched them. Not for longer than a library's call takes.
    """
    swapped = [
        (module, name, vars(module)[name])
        for module, names in ((_module, _REAL), (datetime, _DATES))
        for name, real in names.items()
        if vars(module).get(name, real) is not real
    ]
    for module, name, _ in swapped:
        setattr(module, name, (_REAL | _DATES)[name])
    try:
        yield
    finally:
        for module, name, theirs in swapped:
            setattr(module, name, theirs)


def keep_time(package: str) -> None:
    """Have the modules loaded of a package read our copy of `time`, whatever a test does to it."""
    for name, module in list(sys.modules.items()):
        ours = name == package or name.startswith(f"{package}.")
        if ours and getattr(module, "time", None) is _module:
            vars(module)["time"] = time
