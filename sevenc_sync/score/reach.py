"""What the rules reach: rows that some indicator counts, rules that never matched, and rules that can never fail."""

import operator
from collections.abc import Mapping
from datetime import datetime
from functools import reduce

import msgspec
import sqlglot
from sqlalchemy import Connection, case, func, literal, or_, select
from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counting import expressions
from sevenc_sync.score.evaluate import Evaluation, evaluate
from sevenc_sync.score.families import Mapped, families_of, mapped_rows
from sevenc_sync.score.feeds import Feeds
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import Uses
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

    `unlinked` is the number of rows that belong to no client, by evidence table. `idle_words` are entries of tags.toml
    and services.toml that matched nothing, `idle` indicators for which no client has a row, `never_fail` indicators
    that cannot come out bad, or have not yet.
    """

    words: tuple[Mapped, ...]
    seen: tuple[Seen, ...]
    unlinked: Mapping[str, int]
    idle_words: tuple[str, ...]
    idle: tuple[str, ...]
    never_fail: tuple[Doubt, ...]


def coverage(store: Store, rules: Rules, now: datetime, feeds: Feeds, *, limit: int = 20) -> Coverage:
    """Everything from one snapshot; at most `limit` unmapped combinations for each family of words."""
    with store.read() as connection:
        binder = Binder(rules, to_seconds(now), Phrases.read(connection), connection.dialect.name, None)
        evaluation = evaluate(connection, rules, now, feeds, None)
        return Coverage(
            words=tuple(mapped_rows(connection, binder, families_of(rules), limit=limit)),
            seen=tuple(_seen(connection, binder)),
            unlinked=_unlinked(connection),
            idle_words=_idle_words(rules, binder.phrases),
            idle=tuple(item.id for item in rules.indicators if not _total(evaluation, item, "sample")),
            never_fail=tuple(doubt for item in rules.indicators if (doubt := _doubt(evaluation, item))),
        )


def _seen(connection: Connection, binder: Binder) -> list[Seen]:
    found = []
    for name in SOURCES:
        indicators = [indicator for indicator in binder.rules.indicators if indicator.rows == name]
        bound = binder.bind(name, reduce(operator.or_, (indicator.uses for indicator in indicators), Uses()))
        wheres = [expressions(item, bound, binder.rules, binder.now)["where"] for item in indicators]
        counted = func.count(case((or_(*wheres), literal(1)))) if wheres else literal(0)
        rows, hit = connection.execute(bound.select(func.count(), counted)).one()
        found.append(
            Seen(
                source=name,
                table=SOURCES[name].table,
                has_indicators=bool(indicators),
                rows=rows,
                counted=hit,
            )
        )
    return found


def _unlinked(connection: Connection) -> dict[str, int]:
    """Rows whose company is no client's, by table; tables without any left out."""
    found: dict[str, int] = {}
    for name, table in evidence.items():
        if "company" not in table.c:
            continue
        linked = (
            select(literal(1))
            .select_from(link.join(client, client.c.id == link.c.client))
            .where(link.c.account == table.c.account, link.c.company == table.c.company)
            .where(link.c.state == "linked", client.c.is_active)
        )
        statement = select(func.count()).select_from(table).where(table.c.gone_at.is_(None), ~linked.exists())
        number = connection.execute(statement).scalar_one()
        if number:
            found[name] = number
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


def _total(evaluation: Evaluation, indicator: Indicator, part: str) -> int:
    return sum(sums.get(part) or 0 for sums in evaluation.sums[indicator.id].values())


def _doubt(evaluation: Evaluation, indicator: Indicator) -> Doubt | None:
    """Shares only: whoever counts or measures time can always come out better or worse."""
    if indicator.measure != "share" or indicator.good is None:
        return None
    if _follows(indicator.where, indicator.good):
        return Doubt(id=indicator.id, why="can never fail: where asks for all that good asks for")
    rows, good = _total(evaluation, indicator, "sample"), _total(evaluation, indicator, "good")
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
