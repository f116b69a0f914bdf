"""Runs and stream states: who reads a stream now, how far it came, and what it was like.

A run is fenced: every commit of its pages checks, in the same transaction, that the stream is still its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import is_dead
from sevenc_sync.store.quarantine import release
from sevenc_sync.store.seen import forget_seen
from sevenc_sync.store.tables import run, run_log, stream_state

LEASE = timedelta(minutes=25)  # longer than the kit insists on one page with its usual patience

# The runs of this process that are under way, by the store's address: a run that is none of these and is held in our
# name broke off, such as on a full disk where its end could not be noted. A run is here before the store shows it to
# other threads, and until the store shows its end: they would take it for one that broke off.
_under_way: set[tuple[str, int]] = set()

RunState = Literal["ok", "partial", "held", "failed", "unreadable", "throttled", "stopped"]


class RunLost(Exception):
    """Another run has taken the stream over: nothing of this one may be written any more."""


@dataclass(frozen=True, slots=True)
class Busy:
    """The stream is being read by somebody else."""

    holder: str
    run: int


class Part(msgspec.Struct, kw_only=True):
    """A range of ids of a pass that is read in parts: low <= id < high. `params`: its next page; None with done."""

    low: int
    high: int | None
    params: dict[str, str | int] | None = None
    done: bool = False


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """Where an interrupted pass goes on. Times are seconds; `started` is the source's clock at the pass's beginning."""

    mode: str
    since: int | None
    started: int
    parent: str | None = None
    params: dict[str, str | int] | None = None
    parts: list[Part] | None = None
    held: int = 0  # records of this pass that are in quarantine: they exist, though they could not be read


@dataclass(frozen=True, slots=True)
class Claim:
    """A stream that is ours to read. `watermark` and `token` are from the runs before."""

    run: int
    account: int
    stream: str
    watermark: datetime | None
    last_full_at: datetime | None
    last_sweep_at: datetime | None
    token: Token | None
    state: str  # the stream's, before this run
    failures: int = 0  # runs in a row before this one that did not go well


def claim(
    store: Store, account: int, stream: str, *, trigger: str, holder: str, now: datetime
) -> Claim | Busy:
    """Take the stream for a new run, unless a live run holds it. A dead or expired run is marked lost."""
    at = to_seconds(now)
    with store.write() as connection:
        where = (stream_state.c.account == account) & (stream_state.c.stream == stream)
        state = connection.execute(select(stream_state).where(where).with_for_update()).first()
        if state is None:
            # Another process may see the stream first at the same moment: whoever comes second finds the row.
            insert_missing(
                connection,
                stream_state,
                [{"account": account, "stream": stream, "state": "new", "failures": 0}],
            )
            state = connection.execute(select(stream_state).where(where).with_for_update()).one()
        if state.run is not None:
            broke_off = state.holder == holder and (store.address, state.run) not in _under_way
            if state.lease_until > at and not is_dead(state.holder) and not broke_off:
                return Busy(holder=state.holder, run=state.run)
            connection.execute(
                update(run)
                .where(run.c.id == state.run, run.c.state == "running")
                .values(
                    state="lost",
                    finished_at=at,
                    error="The process that ran it is gone.",
                    action="Nothing: the next run goes on.",
                )
            )
        result = connection.execute(
            insert(run).values(
                account=account,
                stream=stream,
                trigger=trigger,
                mode="delta",
                state="running",
                holder=holder,
                started_at=at,
            )
        )
        number = int((result.inserted_primary_key or (0,))[0])
        connection.execute(
            update(stream_state)
            .where(where)
            .values(run=number, holder=holder, lease_until=at + int(LEASE.total_seconds()))
        )
        _under_way.add((store.address, number))  # also if the commit fails: then it is the number of no run
    return Claim(
        run=number,
        account=account,
        stream=stream,
        watermark=None if state.watermark is None else from_seconds(state.watermark),
        last_full_at=None if state.last_full_at is None else from_seconds(state.last_full_at),
        last_sweep_at=None if state.last_sweep_at is None else from_seconds(state.last_sweep_at),
        state=state.state,
        failures=state.failures,
        token=None if state.token is None else msgspec.json.decode(state.token, type=Token),
    )


def _is_ours(claimed: Claim) -> ColumnElement[bool]:
    return and_(
        stream_state.c.account == claimed.account,
        stream_state.c.stream == claimed.stream,
        stream_state.c.run == claimed.run,
    )


def hold_fast(connection: Connection, claimed: Claim) -> None:
    """Make sure, until the transaction's end, that the stream is this run's. Raises RunLost."""
    statement = select(stream_state.c.run).where(_is_ours(claimed)).with_for_update()
    if connection.execute(statement).first() is None:
        raise RunLost(f"run {claimed.run} no longer holds {claimed.stream}")


def advance(
    connection: Connection,
    claimed: Claim,
    *,
    token: Token | None,
    newest: int | None,
    now: datetime,
    totals: Mapping[str, int | str],
) -> None:
    """Progress of the run, in the transaction of its pages. Raises RunLost when the stream is another run's."""
    values: dict[str, Any] = {"lease_until": to_seconds(now + LEASE)}
    if token is not None:
        values["token"] = msgspec.json.encode(token).decode()
    mine = _is_ours(claimed)
    if newest is not None:
        known = connection.execute(select(stream_state.c.newest_at).where(mine)).scalar()
        values["newest_at"] = max(newest, known or newest)
    if connection.execute(update(stream_state).where(mine).values(values)).rowcount != 1:
        raise RunLost(f"run {claimed.run} no longer holds {claimed.stream}")
    connection.execute(update(run).where(run.c.id == claimed.run).values(totals))


@contextmanager
def _over(store: Store, claimed: Claim) -> Iterator[None]:
    """After the block the run is no longer under way, also where its end could not be written."""
    try:
        yield
    finally:
        _under_way.discard((store.address, claimed.run))


def finish(
    store: Store,
    claimed: Claim,
    state: RunState,
    *,
    now: datetime,
    totals: Mapping[str, int | str],
    watermark: datetime | None,
    full: bool,
    keep_token: bool,
    swept: bool = False,
    read: bool = True,
    error: str | None = None,
    action: str | None = None,
    next_due: datetime | None = None,
) -> None:
    """End the run. `watermark` moves only when given; `keep_token` leaves the place where the next run goes on.

    `full` and `swept` say what a good run has shown, `read` whether it read records at all (a sweep reads ids).
    """
    at = to_seconds(now)
    good = state == "ok"
    values: dict[str, Any] = {
        "state": state,
        "reason": error,
        "run": None,
        "holder": None,
        "lease_until": None,
        "next_due_at": None if next_due is None else to_seconds(next_due),
        "failures": 0 if good else stream_state.c.failures + 1,
    }
    if not keep_token:
        values["token"] = None
    if watermark is not None:
        values["watermark"] = to_seconds(watermark)
    if good:
        if read:
            values["last_ok_at"] = at
        if full:
            values["last_full_at"] = at
        if swept:
            values["last_sweep_at"] = at
    with _over(store, claimed), store.write() as connection:
        if connection.execute(update(stream_state).where(_is_ours(claimed)).values(values)).rowcount != 1:
            raise RunLost(f"run {claimed.run} no longer holds {claimed.stream}")
        if good and swept:  # a pass that goes on later must know what it has seen so far
            forget_seen(connection, claimed.account, claimed.stream)
        if (
            good and full and claimed.token is None
        ):  # read whole by this run, so what it did not hold is well or gone
            release(connection, claimed.account, claimed.stream, claimed.run)
        connection.execute(
            update(run)
            .where(run.c.id == claimed.run)
            .values({**totals, "state": state, "finished_at": at, "error": error, "action": action})
        )


def log(
    connection: Connection,
    number: int,
    at: datetime,
    level: str,
    event: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """One line of a run's own log."""
    text = msgspec.json.encode(detail, order="sorted").decode() if detail else None
    connection.execute(
        insert(run_log).values(run=number, at=to_seconds(at), level=level, event=event, detail=text)
    )


def abandon(store: Store, claimed: Claim, *, now: datetime, error: str, action: str) -> None:
    """Let the stream go after a fault of ours; its place stays. Does nothing when the run is over already."""
    with _over(store, claimed), store.write() as connection:
        connection.execute(
            update(run)
            .where(run.c.id == claimed.run, run.c.state == "running")
            .values(state="failed", finished_at=to_seconds(now), error=error, action=action)
        )
        connection.execute(
            update(stream_state)
            .where(
                stream_state.c.account == claimed.account,
                stream_state.c.stream == claimed.stream,
                stream_state.c.run == claimed.run,
            )
            .values(
                state="failed",
                reason=error,
                run=None,
                holder=None,
                lease_until=None,
                failures=stream_state.c.failures + 1,
            )
        )
