"""Inputs of scores in the store: enough to compute any run again, at the price of what has changed.

A client's newest row is whole. When a newer one comes, the row before shrinks to what must be put back to come from the
newer state to its own; one row in thirty runs stays whole, so that no way back is long. Nothing that is needed is older
than the run in question, so old rows can be deleted without looking at them.
"""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.inputs import ClientInputs, Input
from sevenc_sync.score.rollup import Subject
from sevenc_sync.store.tables import rules_pack, score_input, score_run

WHOLE_EVERY = 30  # runs
_LEVEL = 1  # of zlib: a better one takes three times as long for a tenth less


class _Back(msgspec.Struct, frozen=True, omit_defaults=True):
    """From the state of the run `base` back to an older one: what was other then, and what was not there yet."""

    base: int
    changed: dict[str, Input]
    gone: list[str] = []
    subject: Subject | None = None


_encode = msgspec.json.Encoder(order="deterministic").encode
_whole = msgspec.json.Decoder(ClientInputs).decode
_back = msgspec.json.Decoder(_Back).decode


def scope_text(clients: Iterable[int]) -> str:
    """The clients of a run as JSON: ranges [first, last] of their numbers, which mostly follow on one another."""
    ranges: list[list[int]] = []
    for number in sorted(clients):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return msgspec.json.encode(ranges).decode()


def scope_clients(text: str) -> list[int]:
    """The clients of a run again, rising."""
    ranges = msgspec.json.decode(text, type=list[tuple[int, int]])
    return [number for first, last in ranges for number in range(first, last + 1)]


def keep_inputs(connection: Connection, run: int, inputs: Sequence[ClientInputs]) -> None:
    """Keep what the run's results follow from, as far as it is other than before, in the caller's transaction."""
    before = _newest(connection, [item.subject.client for item in inputs])
    # Another scoring at the same time may have seen other evidence: then what this one saw is said in full.
    in_full = _is_overlapped(connection, run)
    new: list[dict[str, Any]] = []
    shrunk: list[dict[str, Any]] = []
    for item in inputs:
        body = _encode(item)
        last = before.get(item.subject.client)
        old = b"" if last is None else zlib.decompress(last.body)
        if body == old and not in_full:
            continue
        row = {"client": item.subject.client, "score_run": run, "is_whole": True}
        new.append(row | {"body": zlib.compress(body, _LEVEL)})
        if last is not None and last.score_run < run and last.score_run // WHOLE_EVERY == run // WHOLE_EVERY:
            way = _encode(_way_back(run, item, _whole(old)))
            shrunk.append({"owner": last.client, "before": last.score_run, "way": zlib.compress(way, _LEVEL)})
    if shrunk:
        mine = (score_input.c.client == bindparam("owner"), score_input.c.score_run == bindparam("before"))
        smaller = update(score_input).where(*mine).values(is_whole=False, body=bindparam("way"))
        connection.execute(smaller, shrunk)
    if new:
        connection.execute(insert(score_input), new)


def inputs_at(connection: Connection, run: int, clients: Collection[int]) -> dict[int, ClientInputs]:
    """What is kept of the inputs of that run, by client; clients of whom it is no longer kept are not there."""
    begin = (
        select(score_input.c.client, func.max(score_input.c.score_run).label("run"))
        .where(score_input.c.score_run <= run, score_input.c.client.in_(sorted(clients)))
        .group_by(score_input.c.client)
        .subquery("begin")
    )
    # The way back from a whole row never leaves its thirty runs.
    last = begin.c.run - begin.c.run % WHOLE_EVERY + WHOLE_EVERY - 1
    statement = (
        select(score_input, begin.c.run.label("begin"))
        .join(begin, begin.c.client == score_input.c.client)
        .where(score_input.c.score_run >= begin.c.run, score_input.c.score_run <= last)
        .order_by(score_input.c.client, score_input.c.score_run)
    )
    rows: dict[int, dict[int, Any]] = {}
    begins: dict[int, int] = {}
    for row in connection.execute(statement):
        rows.setdefault(row.client, {})[row.score_run] = row
        begins[row.client] = row.begin
    return {owner: _state(mine, begins[owner]) for owner, mine in rows.items()}


def _state(rows: Mapping[int, Any], run: int) -> ClientInputs:
    """The state at that run's row: from the next whole one, back over what is noted in between."""
    ways: list[_Back] = []
    row = rows[run]
    while not row.is_whole:
        way = _back(zlib.decompress(row.body))
        ways.append(way)
        row = rows[way.base]
    state = _whole(zlib.decompress(row.body))
    for way in reversed(ways):
        kept = {name: item for name, item in state.indicators.items() if name not in way.gone}
        state = ClientInputs(way.subject or state.subject, kept | way.changed)
    return state


def _way_back(run: int, new: ClientInputs, old: ClientInputs) -> _Back:
    return _Back(
        base=run,
        changed={name: item for name, item in old.indicators.items() if new.indicators.get(name) != item},
        gone=[name for name in new.indicators if name not in old.indicators],
        subject=None if new.subject == old.subject else old.subject,
    )


def _newest(connection: Connection, clients: Iterable[int]) -> dict[int, Any]:
    """Each client's newest row."""
    newest = (
        select(score_input.c.client, func.max(score_input.c.score_run).label("run"))
        .where(score_input.c.client.in_(sorted(clients)))
        .group_by(score_input.c.client)
        .subquery("newest")
    )
    theirs = and_(score_input.c.client == newest.c.client, score_input.c.score_run == newest.c.run)
    return {row.client: row for row in connection.execute(select(score_input).join(newest, theirs))}


def _is_overlapped(connection: Connection, run: int) -> bool:
    """Whether another run began after this one, or one before it has neither ended nor been followed by one that has."""
    ended = select(func.max(score_run.c.id)).where(score_run.c.id < run, score_run.c.digest.is_not(None))
    since = connection.execute(ended).scalar() or 0
    open_one = and_(score_run.c.id > since, score_run.c.id < run)
    other = select(score_run.c.id).where(or_(score_run.c.id > run, open_one)).limit(1)
    return connection.execute(other).first() is not None


def prune_inputs(connection: Connection, before: datetime) -> int:
    """Delete what only runs with a clock before that moment need; gives the number of rows."""
    past = select(func.max(score_run.c.id)).where(score_run.c.at < to_seconds(before))
    oldest = connection.execute(past).scalar()
    if oldest is None:
        return 0
    later = score_input.alias("later")
    covered = (
        select(later.c.client)
        .where(
            later.c.client == score_input.c.client,
            later.c.score_run > score_input.c.score_run,
            later.c.score_run <= oldest + 1,
        )
        .exists()
    )
    gone = connection.execute(delete(score_input).where(score_input.c.score_run <= oldest, covered)).rowcount
    connection.execute(
        update(score_run).where(score_run.c.id <= oldest, score_run.c.scope.is_not(None)).values(scope=None)
    )
    used = select(score_run.c.rules_hash).where(score_run.c.scope.is_not(None))
    connection.execute(delete(rules_pack).where(rules_pack.c.hash.not_in(used)))
    return gone
