"""Streams that say OK but have delivered nothing new for far longer than they usually do: frozen.

A vendor whose answers come from an old copy looks like one where nothing happens. What is usual is what the stream's own
runs have shown. Quiet clients and short lists must never look frozen, so little history means no verdict.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, func, or_, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.store.tables import run, stream_state

DAY = 86_400
# All of these are judgement, chosen so that a holiday week raises no alarm once a few weekends were seen.
TIMES_LONGER = 3  # than the longest silence between two deliveries
SHORTEST = 2 * DAY  # no silence below this is frozen, however busy the stream is
DELIVERIES = 10  # that there must have been to know what is usual
SPAN = 14 * DAY  # over which they must spread: two weekends
LOOK_BACK = 90 * DAY  # before the last delivery: what was usual in another season does not count
READINGS = 5  # good ones since the last delivery: a daemon that was off has not asked


_NEW = or_(run.c.new > 0, run.c.changed > 0, run.c.gone > 0)
# Of each stream that was read to the end its newest run that brought something new: one statement, whatever their number.
_mine = run.alias("mine")
_newest = (
    select(_mine.c.id)
    .where(
        _mine.c.account == stream_state.c.account,
        _mine.c.stream == stream_state.c.stream,
        or_(_mine.c.new > 0, _mine.c.changed > 0, _mine.c.gone > 0),
        _mine.c.finished_at.is_not(None),
    )
    .order_by(_mine.c.id.desc())
    .limit(1)
    .correlate(stream_state)
    .scalar_subquery()
)
_LAST_NEWS = (
    select(
        stream_state.c.account, stream_state.c.stream, stream_state.c.last_ok_at, run.c.id, run.c.finished_at
    )
    .select_from(stream_state.join(run, run.c.id == _newest))
    .where(stream_state.c.last_ok_at.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Silence:
    """A frozen stream: when it last delivered something new (epoch seconds), and its longest silence before, in seconds."""

    since: int
    usual: int

    @property
    def said(self) -> str:
        """Why the stream is not believed."""
        since = from_seconds(self.since).strftime("%Y-%m-%d %H:%M UTC")
        days, hours = round(self.usual / DAY), max(1, round(self.usual / 3_600))
        usual = f"{days} days" if days > 1 else f"{hours} hour{'s' if hours > 1 else ''}"
        return f"frozen: says ok, but nothing new since {since}; before, never longer than {usual}"


def frozen_streams(connection: Connection) -> dict[tuple[int, str], Silence]:
    """The frozen streams by (account, stream).

    Silence is counted up to the last good reading, not up to now: a stream that is not read is stale, not frozen.
    """
    found = {}
    for row in connection.execute(_LAST_NEWS).all():
        # Most streams end here, with one look at the newest entry of an index.
        if row.last_ok_at - row.finished_at < SHORTEST:
            continue
        silence = _silence(connection, row.account, row.stream, row.last_ok_at, row.id, row.finished_at)
        if silence is not None:
            found[row.account, row.stream] = silence
    return found


def _silence(
    connection: Connection, account: int, stream: str, last_ok_at: int, last: int, since: int
) -> Silence | None:
    """Of a stream whose run `last` brought something new at `since`, and none after it."""
    mine = (run.c.account == account, run.c.stream == stream)
    asked = select(func.count()).where(*mine, run.c.id > last, run.c.state == "ok", run.c.mode != "sweep")
    if connection.execute(asked).scalar_one() < READINGS:
        return None
    moments = connection.execute(
        select(run.c.finished_at)
        .where(*mine, _NEW, run.c.finished_at.between(since - LOOK_BACK, since))
        .order_by(run.c.finished_at)
    ).scalars()
    usual = usual_silence(moments)
    return None if usual is None or last_ok_at - since <= TIMES_LONGER * usual else Silence(since, usual)


def usual_silence(deliveries: Iterable[int]) -> int | None:
    """The longest silence between deliveries (epoch seconds, rising); None when there are too few to tell."""
    moments = list(deliveries)
    if len(moments) < DELIVERIES or moments[-1] - moments[0] < SPAN:
        return None
    return max(later - earlier for earlier, later in pairwise(moments))
