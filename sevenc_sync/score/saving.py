"""Results into the store: what has changed since the last time is written, and nothing else."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import Connection, Table, bindparam, delete, insert, update

from sevenc_sync import __version__
from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.evaluate import evaluate
from sevenc_sync.score.feeds import Feeds
from sevenc_sync.score.history import Before, Kind, note_changes
from sevenc_sync.score.inputs import canonical, client_result
from sevenc_sync.score.inputstore import keep_inputs, scope_text
from sevenc_sync.score.packs import keep_pack
from sevenc_sync.score.results import ClientResult, ScoreSummary
from sevenc_sync.score.rollup import Subject
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.stored import (
    INDICATOR_NAMES,
    PART_NAMES,
    Kept,
    Rows,
    assembled,
    read_kept,
    stored_heads,
)
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client_score, indicator_score, part_score, score_run

# Called within the transaction that saves a client's result: (connection, new, the one stored before or None).
OnScored = Callable[[Connection, ClientResult, ClientResult | None], None]
# The same once for all clients of a transaction, for what would cost a statement per client.
OnSaved = Callable[[Connection, Sequence[ClientResult]], None]

BATCH = 100  # clients saved in one transaction: other writers wait for no longer than that


def score_clients(
    store: Store,
    rules: Rules,
    now: datetime,
    feeds: Feeds,
    *,
    clients: Collection[int] | None = None,
    on_scored: OnScored | None = None,
    on_saved: OnSaved | None = None,
) -> ScoreSummary:
    """Score those clients (None: all active ones) at the clock `now` and save what has changed.

    All evidence is read in one snapshot. `feeds` names, for each evidence table, the (account, stream) pairs that
    deliver it. `on_scored` is called for every scored client, changed or not, inside the transaction that saves it:
    what it writes is kept with the score or not at all; what it raises undoes that batch and ends the scoring. `on_saved` is
    called after it, once for the clients of each transaction.
    """
    with store.read() as connection:
        evaluation = evaluate(connection, rules, now, feeds, clients)
    number = _begin(store, rules, now, evaluation.subjects)
    changed, digest = 0, hashlib.sha256()
    for batch in _batches(evaluation.subjects, BATCH):
        inputs = evaluation.inputs(batch)
        results = [client_result(rules, evaluation.at, item) for item in inputs]
        with store.write() as connection:
            in_batch = _save(connection, rules, number, results, on_scored)
            keep_inputs(connection, number, inputs)
            if on_saved is not None:
                on_saved(connection, results)
            connection.execute(
                update(score_run)
                .where(score_run.c.id == number)
                .values(changed=score_run.c.changed + in_batch)
            )
        changed += in_batch
        for result in results:
            digest.update(canonical(result))
    with store.write() as connection:
        # Only a run that was saved whole has a digest.
        connection.execute(
            update(score_run).where(score_run.c.id == number).values(digest=digest.hexdigest())
        )
    return ScoreSummary(
        score_run=number,
        at=evaluation.at,
        rules_hash=rules.hash,
        clients=len(evaluation.subjects),
        changed=changed,
    )


def _begin(store: Store, rules: Rules, now: datetime, subjects: Sequence[Subject]) -> int:
    """A new run's number; its rules are kept with it."""
    with store.write() as connection:
        keep_pack(connection, rules, now)
        made = connection.execute(
            insert(score_run).values(
                at=to_seconds(now),
                rules_hash=rules.hash,
                clients=len(subjects),
                changed=0,
                version=__version__,
                scope=scope_text([subject.client for subject in subjects]),
            )
        )
        return int((made.inserted_primary_key or (0,))[0])


def _save(
    connection: Connection,
    rules: Rules,
    run: int,
    results: Sequence[ClientResult],
    on_scored: OnScored | None,
) -> int:
    """Write what differs from what is stored; gives the number of clients that differ."""
    digests = {result.client: _digest(result) for result in results}
    heads = stored_heads(connection, digests)
    same = {owner for owner, head in heads.items() if head.digest == digests[owner]}
    # Most clients come out as before: their hundred rows are not read.
    kept = read_kept(connection, [owner for owner in digests if owner in heads and owner not in same])
    parts, indicators = (
        _Changes(part_score, "slug", PART_NAMES),
        _Changes(indicator_score, "indicator", INDICATOR_NAMES),
    )
    changed: list[tuple[ClientResult, Before | None]] = []
    unmarked: list[dict[str, Any]] = []  # as before, but stored without a digest or with one made otherwise
    for result in results:
        if result.client in same:
            continue
        before = kept.get(result.client)
        differs = parts.compare(result.client, before.parts if before else {}, _part_rows(result))
        differs |= indicators.compare(
            result.client, before.indicators if before else {}, _indicator_rows(result)
        )
        if differs or before is None or _head(result) != _head(before.score):
            changed.append((result, _before(before)))
        else:
            unmarked.append({"owner": result.client, "mark": digests[result.client]})
    if unmarked:
        mine = client_score.c.client == bindparam("owner")
        connection.execute(update(client_score).where(mine).values(digest=bindparam("mark")), unmarked)
    _write_heads(connection, run, [result for result, _ in changed], digests)
    parts.write(connection)
    indicators.write(connection)
    note_changes(connection, run, changed)
    if on_scored is not None:
        for result in results:
            on_scored(connection, result, _last(rules, result, heads.get(result.client), kept))
    return len(changed)


def _last(rules: Rules, result: ClientResult, head: Any, kept: Mapping[int, Kept]) -> ClientResult | None:
    """The result that was stored before; None: there was none."""
    if result.client in kept:
        return assembled(rules, kept[result.client])
    return None if head is None else structs.replace(result, at=from_seconds(head.at))


def _digest(result: ClientResult) -> str:
    """Of all that is stored of a result: the same for the same, whenever it was computed."""
    said = (_head(result), result.blocks, result.areas, result.indicators)
    return hashlib.sha256(msgspec.msgpack.encode(said)).hexdigest()[:32]


def _write_heads(
    connection: Connection, run: int, results: Sequence[ClientResult], digests: Mapping[int, str]
) -> None:
    if not results:
        return
    gone = [{"owner": result.client} for result in results]
    connection.execute(delete(client_score).where(client_score.c.client == bindparam("owner")), gone)
    heads = [
        {
            "client": result.client,
            "score_run": run,
            "at": to_seconds(result.at),
            "rules_hash": result.rules_hash,
            "score": result.score,
            "score_without": result.score_without,
            "proof": result.proof,
            "is_provisional": result.is_provisional,
            "digest": digests[result.client],
        }
        for result in results
    ]
    connection.execute(insert(client_score), heads)


def _before(kept: Kept | None) -> Before | None:
    if kept is None:
        return None
    head = kept.score
    levels: dict[tuple[Kind, str], tuple[float | None, float | None, float | None]] = {
        ("client", ""): (head.score, head.score_without, head.proof)
    }
    for slug, (kind, level, without, proof, *_) in kept.parts.items():
        levels[kind, slug] = (level, without, proof)
    at, at_without = INDICATOR_NAMES.index("level"), INDICATOR_NAMES.index("level_without")
    for name, row in kept.indicators.items():
        levels["indicator", name] = (row[at], row[at_without], None)
    return Before(levels)


@dataclass
class _Changes:
    """Rows of one table to replace: those that are new or other than before, and those that are no more."""

    table: Table
    key: str
    names: tuple[str, ...]
    gone: list[dict[str, Any]] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, owner: int, before: Rows, after: Rows) -> bool:
        """Note the differences of one client; whether there are any."""
        counted = len(self.gone) + len(self.new)
        for key, row in after.items():
            if before.get(key) != row:
                self.new.append({"client": owner, self.key: key, **dict(zip(self.names, row, strict=True))})
        for key, row in before.items():
            if after.get(key) != row:
                self.gone.append({"owner": owner, "name": key})
        return len(self.gone) + len(self.new) > counted

    def write(self, connection: Connection) -> None:
        """Replace them."""
        if self.gone:
            mine = (self.table.c.client == bindparam("owner"), self.table.c[self.key] == bindparam("name"))
            connection.execute(delete(self.table).where(*mine), self.gone)
        if self.new:
            connection.execute(insert(self.table), self.new)


def _part_rows(result: ClientResult) -> Rows:
    """Blocks and areas by slug. Areas without any indicator say nothing, so nothing is kept of them."""
    return {
        part.slug: (part.kind, part.level, part.level_without, part.proof, part.is_provisional, part.cap)
        for part in (*result.blocks, *result.areas)
        if part.total or part.excepted
    }


def _indicator_rows(result: ClientResult) -> Rows:
    return {
        item.id: (
            item.value,
            item.sample,
            item.good,
            item.level,
            item.level_without,
            item.reason,
            item.excepted,
            item.is_low_sample,
            item.is_attested,
        )
        for item in result.indicators
    }


def _head(row: Any) -> tuple[Any, ...]:
    """What is stored of a client as a whole, of a result or of its row."""
    return (row.score, row.score_without, row.proof, row.is_provisional, row.rules_hash)


def _batches(items: Sequence[Subject], size: int) -> Iterator[Sequence[Subject]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
