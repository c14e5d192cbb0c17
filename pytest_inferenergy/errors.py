"""The errors a user can meet: each message says what is wrong, where, and what to type next."""

from pytest_inferenergy.escaping import lines


class InferenergyError(Exception):
    """Base of every error this package raises on purpose.

    Its message often quotes a file, a server or a driver, and is shown by whoever catches it.
    """

    def __str__(self) -> str:
        return lines(super().__str__())


class MeterError(InferenergyError):
    """A source of energy cannot be opened, or cannot answer for the time asked.

    ``flag`` is the word the measurement carries, e.g. ``counter_frozen``; ``None`` if it has none.
    """

    def __init__(self, message: str, flag: str | None = None) -> None:
        super().__init__(message)
        self.flag = flag


class AbsentError(MeterError):
    """There is no such source of energy on this machine: to try again is no use."""


class TraceError(InferenergyError):
    """A recorded trace cannot be read or does not have the documented format."""


class BaselineError(InferenergyError):
    """A baseline file cannot be read, is not ours, or cannot be written."""


class UnstorableError(BaselineError):
    """A figure that was measured is too large or too small for a baseline file."""


class UnitError(InferenergyError, ValueError):
    """A quantity such as ``"2.3 Wh"`` is not a number followed by a known unit."""


class MisuseError(InferenergyError):
    """A call of the fixture or a marker has arguments that make no sense."""


class NothingMeasuredError(InferenergyError):
    """A figure was read where nothing was measured; the plugin turns this into a skip."""


class RevisionError(InferenergyError):
    """The revision to compare with cannot be found, checked out or run."""


class ReferenceTestError(InferenergyError):
    """What a test does at the reference revision cannot be compared; other tests may be."""


class ReferenceMemoryError(ReferenceTestError):
    """Both revisions do not fit into the device's memory at the same time."""


class ReferenceLostError(InferenergyError):
    """The reference process crashed, hangs or runs code that is not its revision's."""


class RankError(InferenergyError):
    """Ranks of one job lost each other, or another rank failed in a call that all make."""


class DocumentError(InferenergyError):
    """What a command was given to read is not there, is no document of ours, or is broken."""


class StudyError(InferenergyError, ValueError):
    """The study has no such task or model."""


class CarbonError(InferenergyError, ValueError):
    """There is no such country, or no such intensity of electricity."""
