"""What the rules reach: rows that some indicator counts, rules that never matched, and rules that can never fail."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce

import msgspec
import sqlglot
from sqlalchemy import Connection, func, literal, or_, select
from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counting import UNIT_SOURCES, expressions, reach
from sevenc_sync.score.decided import read_attested
from sevenc_sync.score.families import Mapped, families_of, mapped_rows
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import Sql, Uses
from sevenc_sync.score.words import Phrases
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client, evidence, link

NEVER_FAILED_ROWS = 20  # fewer rows that are all good say nothing about a rule


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one source that belong to clients, and how many of them at least one indicator counts."""

    source: str
    table: str
    has_indicators: bool
    rows: int
    counted: int


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A rule to look at, and why."""

    id: str
    why: str


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules see of the evidence, and which rules do nothing.

    `unlinked` is the number of rows that belong to no client, by evidence table; tickets that went into others are none.
    `idle_words` are entries of tags.toml and services.toml that matched nothing, `idle` indicators for which no client
    has a row, `never_fail` indicators that cannot come out bad, or have not yet.
    """

    words: tuple[Mapped, ...]
    seen: tuple[Seen, ...]
    unlinked: Mapping[str, int]
    idle_words: tuple[str, ...]
    idle: tuple[str, ...]
    never_fail: tuple[Doubt, ...]


@dataclass
class _Counts:
    """What one pass over each source counts: rows, and by indicator those that it looks at and the good ones of them."""

    seen: list[Seen] = field(default_factory=list)
    samples: dict[str, int] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)


def coverage(store: Store, rules: Rules, now: datetime, *, limit: int = 20) -> Coverage:
    """Everything from one snapshot; at most `limit` unmapped combinations for each family of words."""
    seconds = to_seconds(now)
    with store.read() as connection:
        attested = frozenset[str]().union(*read_attested(connection, seconds, None).values())
        binder = Binder(rules, seconds, Phrases.read(connection), connection.dialect.name, None, attested)
        counts = _Counts()
        for name in SOURCES:
            _count(connection, binder, name, counts)
        return Coverage(
            words=tuple(mapped_rows(connection, binder, families_of(rules), limit=limit)),
            seen=tuple(counts.seen),
            unlinked=_unlinked(connection),
            idle_words=_idle_words(rules, binder.phrases),
            idle=tuple(item.id for item in rules.indicators if not counts.samples.get(item.id)),
            never_fail=tuple(doubt for item in rules.indicators if (doubt := _doubt(counts, item))),
        )


def _count(connection: Connection, binder: Binder, name: str, counts: _Counts) -> None:
    """One source: how many rows clients have there, and what each indicator makes of them, over all clients at once."""
    indicators = [indicator for indicator in binder.rules.indicators if indicator.rows == name]
    bound = binder.bind(name, reduce(operator.or_, (indicator.uses for indicator in indicators), Uses()))
    wheres: list[Sql] = []
    reached: dict[tuple[str, ...], Sql] = {}
    plan: list[tuple[dict[str, int], str]] = []
    asked: list[Sql] = []
    for item in indicators:
        parts = expressions(item, bound, binder.rules, binder.now)
        wheres.append(parts["where"])
        reached |= reach(item, bound, binder)
        sums = MEASURES[item.measure].sums(item, parts)
        for part, into in (("sample", counts.samples), ("good", counts.good)):
            if part in sums:
                plan.append((into, item.id))
                asked.append(sums[part])
    hit = func.count().filter(or_(*wheres)) if wheres else literal(0)
    if not indicators or SOURCES[name].name in UNIT_SOURCES.values():
        rows, counted, *found = connection.execute(bound.select(func.count(), hit, *asked)).one()
    else:
        # Most rows of a long history are asked for by no indicator: they are counted, and not looked at.
        rows = connection.execute(binder.bind(name, Uses()).select(func.count())).scalar_one()
        narrow = bound.select(hit, *asked).where(or_(*reached.values()))
        counted, *found = connection.execute(narrow).one()
    for (into, indicator), number in zip(plan, found, strict=True):
        into[indicator] = number
    counts.seen.append(
        Seen(
            source=name,
            table=SOURCES[name].table,
            has_indicators=bool(indicators),
            rows=rows,
            counted=counted,
        )
    )


def _unlinked(connection: Connection) -> dict[str, int]:
    """Rows whose company is no client's, by table; tables without any left out."""
    found: dict[str, int] = {}
    for name, table in evidence.items():
        if "company" not in table.c:
            continue
        # By company first, along an index: a look-up for each of a million rows takes several times as long.
        of = (
            select(table.c.account, table.c.company, func.count().label("rows"))
            .where(table.c.gone_at.is_(None))
            .group_by(table.c.account, table.c.company)
        )
        if "merged_into" in table.c:  # a ticket that went into another one is none of its own
            of = of.where(table.c.merged_into.is_(None))
        counted = of.subquery("of")
        linked = (
            select(literal(1))
            .select_from(link.join(client, client.c.id == link.c.client))
            .where(link.c.account == counted.c.account, link.c.company == counted.c.company)
            .where(link.c.state == "linked", client.c.is_active)
        )
        number = connection.execute(select(func.sum(counted.c.rows)).where(~linked.exists())).scalar_one()
        if number:
            found[name] = int(number)
    return found


def _idle_words(rules: Rules, phrases: Phrases) -> tuple[str, ...]:
    met = {
        rule.id
        for matcher in (rules.tag_matcher, rules.service_matcher)
        for kind, items in phrases.by_kind.items()
        for _, words in items
        for rule in matcher.matching(kind, words)
    }
    return tuple(rule.id for rule in (*rules.tags, *rules.services) if rule.id not in met)


def _doubt(counts: _Counts, indicator: Indicator) -> Doubt | None:
    """Shares only: whoever counts or measures time can always come out better or worse."""
    if indicator.measure != "share" or indicator.good is None:
        return None
    if _follows(indicator.where, indicator.good):
        return Doubt(id=indicator.id, why="can never fail: where asks for all that good asks for")
    rows, good = counts.samples.get(indicator.id, 0), counts.good.get(indicator.id, 0)
    if rows >= NEVER_FAILED_ROWS and rows == good:
        return Doubt(id=indicator.id, why=f"has not failed yet: all of its {rows} rows are good")
    return None


def _follows(where: str | None, good: str) -> bool:
    """Whether each condition of `good` is always true, or is among those of `where`, word for word."""
    asked = set() if where is None else _conjuncts(where)
    return all(part == "TRUE" or part in asked for part in _conjuncts(good))


def _conjuncts(text: str) -> set[str]:
    tree = simplify(sqlglot.parse_one(text))
    parts = tree.flatten() if isinstance(tree, exp.And) else [tree]
    return {part.unnest().sql(normalize=True) for part in parts}
