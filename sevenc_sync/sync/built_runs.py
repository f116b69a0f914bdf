"""Backup runs of products that tell only the newest one: noted at each reading, so that a history comes about.

A protection shows when it was last attempted and what came of that. Read every hour, these states are the history that the
vendor does not give. A run has its protection and its start as its id, so a state that is read again makes no second one. A
run that was due and was not even attempted is missed; that is said only where the vendor tells how often it should run.

What happened while nobody looked is not known, and nothing is made up for it: the watch begins anew.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sevenc_sync.clock import from_seconds
from sevenc_sync.connect.stream import Stream
from sevenc_sync.connect.text import iso
from sevenc_sync.model import Protection, ProtectionRun
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.database import Store
from sevenc_sync.store.runs import Claim
from sevenc_sync.store.seen import Place
from sevenc_sync.store.watches import (
    BUILT,
    Shown,
    Watch,
    forget_built,
    last_good_reading,
    note_runs,
    read_watch,
    shown_protections,
)

LONGEST_GAP = int(
    timedelta(days=3).total_seconds()
)  # between two readings; after a longer one runs are missing
A_DAY = int(timedelta(days=1).total_seconds())  # so far a vendor's clock may be ahead of ours
AN_HOUR = 3600
MOST_GRACE = A_DAY  # a run that is so much too late is missed, however seldom it should run

_ENDED = frozenset({"ok", "warning", "failed", "missed"})
_GOOD = frozenset({"ok", "warning"})


def next_watch(before: Watch | None, now: int) -> Watch:
    """The watch after a reading at `now` (seconds, the source's clock): it goes on, or begins anew after a gap."""
    if before is None or now - before.looked_at > LONGEST_GAP:
        return Watch(now, now)
    return Watch(before.since, max(now, before.looked_at))


def runs_shown(shown: Shown, before: int | None, now: int) -> Iterator[ProtectionRun]:
    """The runs that a protection's state proves: the newest one, a good one just before it, and those that were missed.

    `before` is the reading before this one in seconds (None: there was none, or too long ago), `now` this one.
    """
    yield from _seen(shown, before, now)
    if before is not None and not shown.is_idle:
        yield from _missed(shown, before, now)


def _seen(shown: Shown, before: int | None, now: int) -> Iterator[ProtectionRun]:
    attempt, success, result = shown.attempt, shown.success, shown.result
    if attempt is not None and result is not None:
        if result in _ENDED and attempt <= now + A_DAY:
            yield _run(shown, attempt, result, None if result == "ok" else shown.error)
        # Between two readings there may be a good run and, after it, another one that was not.
        between = before is not None and success is not None and before < success < attempt
        if success is not None and between and result not in _GOOD:
            yield _run(shown, success, "ok")
    elif attempt is None and success is not None and shown.interval_hours and success <= now + A_DAY:
        # A product that tells only successes, and how often they should come: what does not come is missed.
        yield _run(shown, success, "ok")


def _missed(shown: Shown, before: int, now: int) -> Iterator[ProtectionRun]:
    """The runs that became overdue between two readings: each is judged once, when its grace is over."""
    last = max((time for time in (shown.attempt, shown.success) if time is not None), default=None)
    if last is None and shown.result == "never":
        last = shown.read_at
    if last is None or not shown.interval_hours:
        return
    interval = max(round(shown.interval_hours * AN_HOUR), AN_HOUR)
    grace = min(max(interval // 2, AN_HOUR), MOST_GRACE)
    number = max(1, (before - grace - last) // interval + 1)
    while (due := last + number * interval) + grace <= now:
        yield _run(shown, due, "missed")
        number += 1


def _run(shown: Shown, at: int, result: str, error: str | None = None) -> ProtectionRun:
    moment = from_seconds(at)
    return ProtectionRun(
        id=f"{shown.id}{BUILT}{iso(moment)}",
        company=shown.company,
        protection=shown.id,
        at=moment,
        result=result,
        error=error,
    )


def build_runs(
    store: Store,
    stream: Stream,
    claimed: Claim,
    codec: Codec,
    *,
    told_by: Sequence[str],
    held: bool,
    now: int,
    fetched_at: int,
) -> int:
    """Note the runs that the stream's protections show after a reading to the end; gives how many are new or changed.

    `now` is the source's clock when the reading began. `told_by` names the streams whose records the protections are
    told with: what one of these has not seen is not missed. `held` says that records are in quarantine: of protections
    that could not be read nothing follows. Raises RunLost.
    """
    complete = Protection in stream.complete
    place = Place(claimed.account, stream.name, Protection.table, stream.scope if complete else {})
    with store.read() as connection:
        watched = read_watch(connection, claimed.account, stream.name)
        heard = last_good_reading(connection, claimed.account, told_by) if told_by else None
        rows = shown_protections(connection, place, met=held and complete) if stream.builds_runs else []
    if not stream.builds_runs:
        if watched is None:
            return 0
        with store.write() as connection:
            return forget_built(connection, claimed, place)
    now = now if heard is None else min(now, heard)
    following = next_watch(watched, now)
    goes_on = watched is not None and following.since == watched.since and (complete or not held)
    before = watched.looked_at if watched is not None and goes_on else None
    runs = [run for shown in rows for run in runs_shown(shown, before, now)]
    with store.write() as connection:
        counts = note_runs(connection, claimed, codec, runs, following, fetched_at)
    return counts.new + counts.changed
