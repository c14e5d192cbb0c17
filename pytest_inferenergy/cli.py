"""The command ``inferenergy``: its surface; what each command does lies in ``commands/``.

Nothing is written unless asked. Exit codes: 0 success, 1 check failed (a change beyond
``--fail-over``, nothing accepted, nothing measured here), 2 input that cannot be used, said in one
line on stderr.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pytest_inferenergy.errors import InferenergyError
from pytest_inferenergy.escaping import line

app = typer.Typer(
    name="inferenergy",
    help="The energy of ML inference: what is stored, what changed, what this machine can measure.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

BAD_INPUT = 2


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """Turn what is wrong with the input into one line on stderr and exit code 2."""
    try:
        yield
    except InferenergyError as error:
        typer.echo(line(f"inferenergy: {' '.join(str(error).split(chr(10)))}"), err=True)
        raise typer.Exit(BAD_INPUT) from None


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"inferenergy {version('pytest-inferenergy')}")
        raise typer.Exit


def _percent(value: float | None) -> float | None:
    if value is not None and not 0 <= value <= 1000:  # false for NaN, too
        raise typer.BadParameter("give a percentage from 0 to 1000")
    return value


def _test_seconds(value: float) -> float:
    if not 2 <= value <= 600:
        raise typer.BadParameter("give seconds from 2 to 600")
    return value


@app.callback(epilog="Example: inferenergy show")
def _inferenergy(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: inferenergy show energy_baselines --tolerance 3")
def show(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder of baselines.")] = Path(
        "energy_baselines"
    ),
    tolerance: Annotated[
        float,
        typer.Option(metavar="PCT", callback=_percent, help="What a rise is held to, percent."),
    ] = 5.0,
) -> None:
    """Print the baselines of a folder, with the course of each test since its anchor.

    The anchor is the first level ever stored. Slow creep, where no step was over the tolerance and
    the whole is, is pointed out.
    """
    from pytest_inferenergy.commands.show import show as text

    with one_line():
        typer.echo(text(folder, tolerance / 100))


@app.command(epilog="Example: inferenergy compare main.json head.json --fail-over 5")
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Results or folder: what was before.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Results or folder: what is now.")],
    fail_over: Annotated[
        float | None,
        typer.Option(metavar="PCT", callback=_percent, help="Exit 1 if energy rose by more."),
    ] = None,
    sure: Annotated[
        bool, typer.Option("--sure", help="Fail only where the whole interval is beyond it.")
    ] = False,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare different machines, too.")
    ] = False,
) -> None:
    """Compare two JSON results, or two folders of baselines: B over A for each test."""
    from pytest_inferenergy.commands.compare import compare_paths, exit_code, text

    limit = None if fail_over is None else fail_over / 100
    with one_line():
        found = compare_paths(a, b, across_machines=across_machines)
        typer.echo(text(found, limit, sure=sure))
        raise typer.Exit(exit_code(found, limit, sure=sure))


@app.command(epilog='Example: inferenergy accept results.json -k "batch32 and not slow"')
def accept(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.json", help="What a run wrote.")],
    expression: Annotated[
        str | None,
        typer.Option("-k", metavar="EXPR", help="Only tests matching EXPR (pytest -k syntax)."),
    ] = None,
    baselines: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write.", show_default="energy_baselines"),
    ] = None,
) -> None:
    """Write baselines from the results of a run elsewhere, as --energy-accept would have there.

    The same checks hold: nothing of a failed test is stored, unless its energy alone failed it.
    Exit 1 where nothing could be accepted.
    """
    from pytest_inferenergy.commands.accept import accept as store

    with one_line():
        done = store(results, baselines, expression)
        for told in done.lines:
            typer.echo(line(told))
        if done.problems:
            raise InferenergyError("; ".join(done.problems))
        if not done.count:
            typer.echo("nothing was accepted")
            raise typer.Exit(1)


@app.command(epilog="Example: inferenergy mv tests/test_a.py::test_old tests/test_a.py::test_new")
def mv(
    old: Annotated[str, typer.Argument(metavar="OLD", help="What the test was called.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called now.")],
    baselines: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of baselines.", show_default=True)
    ] = Path("energy_baselines"),
) -> None:
    """Let a renamed test keep its baselines: node ids as pytest prints them.

    A class, a file or a folder stands for all of its tests, a test for all of its parameters. The
    old id is kept with the baselines. Where NEW has baselines already, nothing is changed.
    """
    from pytest_inferenergy.commands.mv import mv as move

    with one_line():
        for told in move(old, new, baselines):
            typer.echo(line(told))


@app.command(epilog="Example: inferenergy report results.json --html energy.html")
def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS.json", help="What a run wrote.")],
    html: Annotated[
        Path | None, typer.Option(metavar="PATH", help="One page for a browser.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="PATH", help="As Markdown.")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="One row a measurement.")] = None,
) -> None:
    """Write the results of a run in another form, as the run itself would have.

    As many forms as are asked for; nothing is measured.
    """
    from pytest_inferenergy.commands.report import report as write

    asked = {"html": html, "markdown": markdown, "csv": csv}
    with one_line():
        for told in write(results, {kind: path for kind, path in asked.items() if path}):
            typer.echo(line(told))


@app.command(epilog="Example: inferenergy doctor --json > doctor.json")
def doctor(
    self_test: Annotated[
        bool, typer.Option("--self-test/--no-self-test", help="Measure a load: the noise floor.")
    ] = True,
    seconds: Annotated[
        float, typer.Option(metavar="S", callback=_test_seconds, help="Length of that, seconds.")
    ] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what can be measured on this machine, why not, and what change could be told.

    GPUs, their counters and samples, RAPL and how to be allowed to read it, MIG, containers, and
    the meter that auto would take. Exit 0 where energy is measured; 1 where it is only estimated,
    or nothing is.
    """
    from pytest_inferenergy.commands.doctor import examine, is_measured
    from pytest_inferenergy.commands.doctor_text import text

    with contextlib.redirect_stdout(sys.stderr):  # libraries that are asked may print
        found = examine(seconds if self_test else None)
    if as_json:
        import json

        typer.echo(json.dumps(found, indent=1, sort_keys=True, allow_nan=False))
    else:
        typer.echo(text(found))
    raise typer.Exit(0 if is_measured(found) else 1)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console may not know a test's name
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="inferenergy")


if __name__ == "__main__":
    main()
