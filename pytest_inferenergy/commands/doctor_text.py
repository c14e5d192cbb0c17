"""The doctor's findings in words: a pure function of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_inferenergy.escaping import line
from pytest_inferenergy.units import plain, with_prefix

Facts = Mapping[str, Any]


def text(found: Facts) -> str:
    """The whole report."""
    parts = [_head(found), _gpus(found["gpus"]), _cpu(found), _auto(found["auto"])]
    if found["self_test"] is not None:
        parts.append(_self_test(found["self_test"]))
    parts.append(iter([_conclusion(found)]))
    return "\n\n".join("\n".join(map(line, lines)) for lines in parts)


def _head(found: Facts) -> Iterator[str]:
    software = found["software"]
    yield (
        f"pytest-inferenergy {software['pytest-inferenergy']}, Python {software['python']}, "
        f"{software['platform']}"
    )
    if found["surroundings"]:
        yield f"inside {' in '.join(found['surroundings'])}: its host decides what can be read here"


def _gpus(gpus: Facts) -> Iterator[str]:
    yield "NVIDIA GPUs"
    if gpus["problem"] is not None:
        yield from _lines("  no   ", gpus["problem"])
        yield from _lines("       ", gpus["advice"] or "")
    for gpu in gpus["devices"]:
        yield from _gpu(gpu)


def _gpu(gpu: Facts) -> Iterator[str]:
    limit = gpu["power_limit_watts"]
    facts = [gpu["name"], f"card {gpu['identity']}", f"driver {gpu['driver'] or 'unknown'}"]
    facts += [] if limit is None else [f"limit {plain(limit)} W"]
    works = gpu["in_use"] and not gpu["mig"] and _has_energy(gpu)
    yield f"  {'yes' if works else 'no '}  {', '.join(facts)}"
    if not gpu["in_use"]:
        yield "       not used by this process: hidden from it, or another one is in use"
    if gpu["mig"]:
        yield "       MIG mode is on: its counters cover the whole board, not this slice, so"
        yield "         no figure would be yours; measure on a GPU without MIG"
    yield f"       energy counter: {_source(gpu['counter'], 'moves')}"
    yield f"       power samples: {_source(gpu['samples'], 'one')}"
    watts = gpu["power_watts"]
    yield f"       power reading: {'not offered' if watts is None else f'{plain(watts)} W now'}"
    readable = gpu["processes_readable"] and gpu["work_readable"]
    yield "       other processes at work: " + (
        "are seen" if readable else "cannot be told (flag contention_unknown)"
    )


def _has_energy(gpu: Facts) -> bool:
    counter = gpu["counter"]
    untrusted = counter["problem"] is not None and "answers 0" in counter["problem"]
    others = gpu["samples"]["problem"] is None or gpu["power_watts"] is not None
    return not untrusted and (counter["problem"] is None or others)


def _source(told: Facts, verb: str) -> str:
    if told["problem"] is not None:
        return f"no: {told['problem']}"
    return f"yes, {verb} every {with_prefix(told['period_seconds'], 's', 2)}"


def _cpu(found: Facts) -> Iterator[str]:
    yield "Processor"
    rapl, model = found["rapl"], found["codecarbon"]
    if rapl["problem"] is None:
        yield f"  yes  RAPL: {rapl['device']} x{rapl['sockets']}, measured"
    else:
        yield from _lines("  no   RAPL: ", rapl["problem"])
    if model["problem"] is not None:
        yield from _lines("  no   codecarbon: ", model["problem"])
    elif model["cpu"] == "measured":
        yield f"  yes  codecarbon: reads a counter of {model['device']}; memory is estimated"
    else:
        yield f"  est. codecarbon: a model of {model['device']} and its memory, no measurement"


def _auto(auto: Facts) -> Iterator[str]:
    yield "--energy-meter auto"
    if auto["problem"] is not None:
        yield from _lines("  no   ", auto["problem"])
        return
    yield f"  takes {' and '.join(auto['meters'])}"
    yield f"  the figure is {' + '.join(auto['components'])}, {auto['source']}"
    for note in auto["notes"]:
        yield f"  without {note.partition(':')[0]}"


def _self_test(test: Facts) -> Iterator[str]:
    yield "Self-test"
    if test["problem"] is not None:
        yield from _lines("  failed: ", test["problem"])
        return
    yield f"  load: {test['load']}"
    yield (
        f"  {test['windows']} windows of {with_prefix(test['window_seconds'], 's')}, "
        f"{plain(test['mean_watts'])} W of {' + '.join(test['components'])}, {test['source']}"
    )
    yield f"  noise floor: {_percent(test['window_sd'])} from one second to the next"
    half = test["half_width"]
    known = f"± {_percent(half)}" if half < 1 else "wider than ± 100 %"
    yield f"  interval of a test that measures as long: {known} (99 %)"
    if test["flags"]:
        yield f"  flags: {', '.join(test['flags'])}"
    told = test["detectable"]
    yield "  the smallest rise that would be found in 99 of 100 cases:"
    tolerance = f"tolerance {100 * told['tolerance']:g} %"
    yield f"    against 1 stored run   {_percent(told['stored_1'])} ({tolerance})"
    yield f"    against 5 stored runs  {_percent(told['stored_5'])} ({tolerance}, on 5 days)"
    yield (
        f"    by turns               {_percent(told['turns'])} "
        f"(tolerance {100 * told['turns_tolerance']:g} %, {told['turns_pairs']} pairs in "
        f"{told['turns_seconds']:g} s)"
    )


def _conclusion(found: Facts) -> str:
    from pytest_inferenergy.commands.doctor import is_measured

    auto = found["auto"]
    if is_measured(found):
        return f"Energy is measured here: {' + '.join(auto['components'])}."
    if auto["source"] == "estimated":
        return (
            "Energy is only estimated here: tests warn and never fail on it, and budgets do not "
            "hold it."
        )
    return "Nothing can be measured here: energy tests run unmeasured, and say so."


def _percent(fraction: float | None) -> str:
    if fraction is None:
        return "unknown"
    return f"{plain(100 * fraction, 2)} %" if fraction < 1 else "more than 100 %"


def _lines(start: str, message: str) -> Iterator[str]:
    """A message with each of its parts on a line, so that a command to type stays in one piece."""
    for number, part in enumerate(message.split("; ") if message else ()):
        yield start + part if number == 0 else f"         {part}"
