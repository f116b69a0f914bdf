"""Results in the store: what is kept, what has changed, and results read back."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from sevenc_sync import __version__
from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.evaluate import evaluate
from sevenc_sync.score.feeds import Feeds
from sevenc_sync.score.history import Before, Kind, note_changes
from sevenc_sync.score.inputs import canonical, client_result
from sevenc_sync.score.inputstore import keep_inputs, scope_text
from sevenc_sync.score.packs import keep_pack
from sevenc_sync.score.results import ClientResult, IndicatorResult, PartResult, ScoreSummary
from sevenc_sync.score.rollup import Subject
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client, client_score, indicator_score, part_score, score_run

# Called within the transaction that saves a client's result: (connection, new, the one stored before or None).
OnScored = Callable[[Connection, ClientResult, ClientResult | None], None]
# The same once for all clients of a transaction, for what would cost a statement per client.
OnSaved = Callable[[Connection, Sequence[ClientResult]], None]

BATCH = 100  # clients saved in one transaction: other writers wait for no longer than that
_PART = ("kind", "level", "level_without", "proof", "is_provisional", "cap")
_INDICATOR = (
    "value",
    "sample",
    "good",
    "level",
    "level_without",
    "reason",
    "excepted",
    "is_low_sample",
    "is_attested",
)
NOT_SCORED = "not scored yet"
_NO_ROW = (None, 0, None, None, None, NOT_SCORED, None, False, None)

_Rows = dict[str, tuple[Any, ...]]


@dataclass
class _Kept:
    """What the store keeps of one client."""

    score: Any
    parts: _Rows = field(default_factory=dict)
    indicators: _Rows = field(default_factory=dict)


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


def load_results(store: Store, rules: Rules, clients: Collection[int] | None = None) -> list[ClientResult]:
    """The stored results of active clients that were scored, by name. Names and titles are those of `rules`."""
    with store.read() as connection:
        return sorted(
            stored_results(connection, rules, clients).values(), key=lambda item: (item.name, item.client)
        )


def last_scored_at(store: Store) -> datetime | None:
    """The clock of the newest scoring; None before the first."""
    with store.read() as connection:
        newest = connection.execute(select(score_run.c.at).order_by(score_run.c.id.desc()).limit(1)).scalar()
    return None if newest is None else from_seconds(newest)


def stored_results(
    connection: Connection, rules: Rules, clients: Collection[int] | None = None
) -> dict[int, ClientResult]:
    """The stored results by client, read on an open connection."""
    return {
        number: _assembled(rules, kept)
        for number, kept in _kept(connection, clients).items()
        if kept.score.is_active
    }


def _save(
    connection: Connection,
    rules: Rules,
    run: int,
    results: Sequence[ClientResult],
    on_scored: OnScored | None,
) -> int:
    """Write what differs from what is stored; gives the number of clients that differ."""
    kept = _kept(connection, [result.client for result in results])
    parts, indicators = (
        _Changes(part_score, "slug", _PART),
        _Changes(indicator_score, "indicator", _INDICATOR),
    )
    heads: list[dict[str, Any]] = []
    changed: list[tuple[ClientResult, Before | None]] = []
    for result in results:
        before = kept.get(result.client)
        differs = parts.compare(result.client, before.parts if before else {}, _part_rows(result))
        differs |= indicators.compare(
            result.client, before.indicators if before else {}, _indicator_rows(result)
        )
        head = (
            result.score,
            result.score_without,
            result.proof,
            result.is_provisional,
            result.rules_hash,
        )
        if differs or before is None or head != _head(before.score):
            changed.append((result, _before(before)))
            heads.append(
                {
                    "client": result.client,
                    "score_run": run,
                    "at": to_seconds(result.at),
                    "rules_hash": result.rules_hash,
                    "score": result.score,
                    "score_without": result.score_without,
                    "proof": result.proof,
                    "is_provisional": result.is_provisional,
                }
            )
    if heads:
        gone = [{"owner": head["client"]} for head in heads]
        connection.execute(delete(client_score).where(client_score.c.client == bindparam("owner")), gone)
        connection.execute(insert(client_score), heads)
    parts.write(connection)
    indicators.write(connection)
    note_changes(connection, run, changed)
    if on_scored is not None:
        for result in results:
            before = kept.get(result.client)
            on_scored(connection, result, _assembled(rules, before) if before else None)
    return len(heads)


def _before(kept: _Kept | None) -> Before | None:
    if kept is None:
        return None
    head = kept.score
    levels: dict[tuple[Kind, str], tuple[float | None, float | None, float | None]] = {
        ("client", ""): (head.score, head.score_without, head.proof)
    }
    for slug, (kind, level, without, proof, *_) in kept.parts.items():
        levels[kind, slug] = (level, without, proof)
    at, at_without = _INDICATOR.index("level"), _INDICATOR.index("level_without")
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

    def compare(self, owner: int, before: _Rows, after: _Rows) -> bool:
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


def _part_rows(result: ClientResult) -> _Rows:
    """Blocks and areas by slug. Areas without any indicator say nothing, so nothing is kept of them."""
    return {
        part.slug: (part.kind, part.level, part.level_without, part.proof, part.is_provisional, part.cap)
        for part in (*result.blocks, *result.areas)
        if part.total or part.excepted
    }


def _indicator_rows(result: ClientResult) -> _Rows:
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
    return (row.score, row.score_without, row.proof, row.is_provisional, row.rules_hash)


def _kept(connection: Connection, clients: Collection[int] | None) -> dict[int, _Kept]:
    def mine(table: Table) -> list[Any]:
        return [] if clients is None else [table.c.client.in_(sorted(clients))]

    heads = select(client_score, client.c.name, client.c.account, client.c.company, client.c.is_active)
    heads = heads.join(client, client.c.id == client_score.c.client).where(*mine(client_score))
    found = {row.client: _Kept(row) for row in connection.execute(heads.order_by(client_score.c.client))}
    for table, key, names in ((part_score, "slug", _PART), (indicator_score, "indicator", _INDICATOR)):
        # Rows by position: there are a hundred of a client, and looking each value up by name takes as long as scoring.
        columns = [table.c[name] for name in ("client", key, *names)]
        for owner, slug, *values in connection.execute(select(*columns).where(*mine(table))):
            if owner in found:
                rows = found[owner].parts if table is part_score else found[owner].indicators
                rows[slug] = tuple(values)
    return found


def _assembled(rules: Rules, kept: _Kept) -> ClientResult:
    indicators = tuple(_indicator(item, kept.indicators.get(item.id)) for item in rules.indicators)
    row = kept.score
    return ClientResult(
        client=row.client,
        name=row.name,
        account=row.account,
        company=row.company,
        at=from_seconds(row.at),
        rules_hash=row.rules_hash,
        score=row.score,
        score_without=row.score_without,
        proof=row.proof,
        is_provisional=row.is_provisional,
        blocks=tuple(
            _part(kept, "block", item.slug, item.name, [i for i in indicators if _block(i) == item.slug])
            for item in rules.blocks
        ),
        areas=tuple(
            _part(kept, "area", item.slug, item.name, [i for i in indicators if i.area == item.slug])
            for item in rules.areas
        ),
        indicators=indicators,
    )


def _block(indicator: IndicatorResult) -> str:
    return indicator.area.partition(".")[0]


def _part(kept: _Kept, kind: Any, slug: str, name: str, indicators: Sequence[IndicatorResult]) -> PartResult:
    _, level, without, proof, is_provisional, cap = kept.parts.get(slug, (kind, None, None, 0.0, True, None))
    counted = [item for item in indicators if item.counts]
    return PartResult(
        slug=slug,
        kind=kind,
        name=name,
        level=level,
        level_without=without,
        proof=proof,
        is_provisional=is_provisional,
        cap=cap,
        known=sum(1 for item in counted if item.level is not None),
        total=len(counted),
        excepted=sum(1 for item in indicators if item.weight) - len(counted),
    )


def _indicator(rule: Indicator, row: tuple[Any, ...] | None) -> IndicatorResult:
    value, sample, good, level, without, reason, excepted, is_low, is_attested = row or _NO_ROW
    return IndicatorResult(
        id=rule.id,
        area=rule.area,
        title=rule.title,
        measure=rule.measure,
        unit=rule.unit,
        value=value,
        sample=sample,
        good=good,
        level=level,
        level_without=without,
        reason=reason,
        excepted=excepted,
        is_low_sample=is_low,
        is_gate=rule.gate,
        is_attested=rule.is_attested if is_attested is None else is_attested,
        weight=rule.weight,
    )


def _batches(items: Sequence[Subject], size: int) -> Iterator[Sequence[Subject]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
