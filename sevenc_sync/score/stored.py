"""Results read back from the store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.score.results import ClientResult, IndicatorResult, PartResult
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client, client_score, indicator_score, part_score

_AT_ONCE = 2_000  # stored rows fetched together: one by one takes several times as long
PART_NAMES = ("kind", "level", "level_without", "proof", "is_provisional", "cap")
INDICATOR_NAMES = (
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

# Rows of one table by their key, as tuples in the order of the names above.
Rows = dict[str, tuple[Any, ...]]


@dataclass
class Kept:
    """What the store keeps of one client."""

    score: Any
    parts: Rows = field(default_factory=dict)
    indicators: Rows = field(default_factory=dict)


def load_results(store: Store, rules: Rules, clients: Collection[int] | None = None) -> list[ClientResult]:
    """The stored results of active clients that were scored, by name. Names and titles are those of `rules`."""
    with store.read() as connection:
        return sorted(
            stored_results(connection, rules, clients).values(), key=lambda item: (item.name, item.client)
        )


def stored_results(
    connection: Connection, rules: Rules, clients: Collection[int] | None = None
) -> dict[int, ClientResult]:
    """The stored results by client, read on an open connection."""
    return {
        number: assembled(rules, kept)
        for number, kept in read_kept(connection, clients).items()
        if kept.score.is_active
    }


def stored_heads(connection: Connection, clients: Collection[int]) -> dict[int, Any]:
    """By client: when it last changed (`at`), and the digest of what is stored of it."""
    columns = client_score.c
    statement = select(columns.client, columns.at, columns.digest).where(columns.client.in_(sorted(clients)))
    return {row.client: row for row in connection.execute(statement)}


def read_kept(connection: Connection, clients: Collection[int] | None) -> dict[int, Kept]:
    """All that is stored of these clients (None: of all)."""

    def mine(table: Table) -> list[Any]:
        return [] if clients is None else [table.c.client.in_(sorted(clients))]

    heads = select(client_score, client.c.name, client.c.account, client.c.company, client.c.is_active)
    heads = heads.join(client, client.c.id == client_score.c.client).where(*mine(client_score))
    found = {row.client: Kept(row) for row in connection.execute(heads.order_by(client_score.c.client))}
    for table, key, names in (
        (part_score, "slug", PART_NAMES),
        (indicator_score, "indicator", INDICATOR_NAMES),
    ):
        # Rows by position: there are a hundred of a client, and looking each value up by name takes as long as scoring.
        columns = [table.c[name] for name in ("client", key, *names)]
        for some in connection.execute(select(*columns).where(*mine(table))).partitions(_AT_ONCE):
            for owner, slug, *values in some:
                if owner in found:
                    rows = found[owner].parts if table is part_score else found[owner].indicators
                    rows[slug] = tuple(values)
    return found


def assembled(rules: Rules, kept: Kept) -> ClientResult:
    """A result again from what is stored of it."""
    indicators = tuple(_indicator(item, kept.indicators.get(item.id)) for item in rules.indicators)
    under: dict[str, list[IndicatorResult]] = {}
    for item in indicators:
        under.setdefault(item.area, []).append(item)
        under.setdefault(item.area.partition(".")[0], []).append(item)
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
            _part(kept, "block", item.slug, item.name, under.get(item.slug, ())) for item in rules.blocks
        ),
        areas=tuple(
            _part(kept, "area", item.slug, item.name, under.get(item.slug, ())) for item in rules.areas
        ),
        indicators=indicators,
    )


def _part(kept: Kept, kind: Any, slug: str, name: str, indicators: Sequence[IndicatorResult]) -> PartResult:
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
