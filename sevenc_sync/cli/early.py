"""What is done before anything is loaded: signals, and which command is meant. Nothing heavy may be imported here."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

WITH_VALUE = frozenset(
    {"-c", "--config", "--log-level"}
)  # options before the command that take the next word
INSTEAD = frozenset({"-h", "--help", "--version"})  # options before the command that take its place


def command_of(words: Sequence[str]) -> str | None:
    """The command that the words of a command line name; None where they name none."""
    rest = iter(words)
    for word in rest:
        if word in INSTEAD:
            return None
        if word in WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def end_well_until_it_works() -> None:
    """From now on SIGTERM and SIGINT end the program with 0, because nothing was begun that could be left undone.

    SIGHUP, which would end it too, is passed over: the configuration is about to be read. What works sets handlers of
    its own before it begins.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
