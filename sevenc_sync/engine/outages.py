"""Outages of a source: told once when one begins and once when it is over, however many streams and rounds that takes.

Streams of one source come due at different times, so they find an outage, and its end, in rounds of their own. What is
told is therefore kept in the store: an outage with the streams that it took, and those of them that are not back yet.
"""

from collections.abc import Collection, Sequence

import msgspec

from sevenc_sync.connect.errors import CredentialsProblem, Stopped, Throttled, VendorDown
from sevenc_sync.sync.outcome import RunResult

READ = frozenset({"ok", "partial", "held"})  # states of runs that have read their stream


class Outage(msgspec.Struct):
    """One that was told: its streams, and those of them that have not been read since."""

    streams: list[str]
    left: list[str]


class Outages(msgspec.Struct):
    """Those of one source that are not over. `answers`: it answered when it was last asked, if only that a right is missing."""

    found: list[Outage] = msgspec.field(default_factory=list)
    answers: bool = True


def outages_of(kept: str | None) -> Outages:
    """As the store keeps them."""
    return Outages() if kept is None else msgspec.json.decode(kept, type=Outages)


def kept_of(outages: Outages) -> str | None:
    """For the store: nothing when there is none."""
    return msgspec.json.encode(outages).decode() if outages.found else None


def hear(
    outages: Outages, results: Sequence[RunResult], streams: Collection[str]
) -> tuple[list[RunResult], list[list[str]]]:
    """Take in what came of a round: the runs with which an outage begins, and the streams of each that is over.

    A stream that goes down while the source has not answered since the last one did belongs to the same outage. What is
    no longer among the account's `streams` is waited for no more.
    """
    last = {result.stream: result for result in results if result.state != "busy"}
    back = {name for name, result in last.items() if result.state in READ}
    known = {name for outage in outages.found for name in outage.left}
    newly = [result for name, result in last.items() if result.is_down and name not in known]
    begins: list[RunResult] = []
    if newly:
        names = [result.stream for result in newly]
        if outages.found and not outages.answers:
            outages.found[-1].streams += names
            outages.found[-1].left += names
        else:
            outages.found.append(Outage(streams=list(names), left=list(names)))
            begins = newly
    over = []
    for outage in list(outages.found):
        outage.left = [name for name in outage.left if name not in back and name in streams]
        if not outage.left:
            outages.found.remove(outage)
            over.append([name for name in outage.streams if name in streams])
    asked = [result for result in last.values() if not isinstance(result.problem, Stopped)]
    if asked:
        outages.answers = not isinstance(asked[-1].problem, VendorDown | Throttled | CredentialsProblem)
    return begins, over
