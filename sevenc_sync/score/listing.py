"""The records behind an indicator: what lists them, made once for a set of rules and kept.

As with the sums, making a statement takes longer than running it for one client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from sevenc_sync.clock import from_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.bound import Bound
from sevenc_sync.score.counting import expressions
from sevenc_sync.score.dated import drilled_within
from sevenc_sync.score.decided import without_excepted
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.vocabulary import Sql, Uses
from sevenc_sync.score.wordtables import WordsTable

Label = str | float | bool | datetime | None


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record: whose it is, what it is, and by which fields a person knows it again."""

    account: str
    table: str
    id: str
    fields: dict[str, Label]
    fetched_at: datetime


class Records(msgspec.Struct, frozen=True):
    """Some records, the newest first, and how many there are."""

    rows: tuple[EvidenceRow, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class Listing:
    """The statements over the records of one indicator, and the tables of words that they must be given.

    `counted` are the records that make the value, `to_fix` those that hold the level down (None: no record does), `named` counts
    those that meet each of its named conditions (None: it has none).
    """

    indicator: Indicator
    counted: Select[Any]
    to_fix: Select[Any] | None
    named: Select[Any] | None
    names: tuple[str, ...]
    words: Mapping[str, WordsTable]

    @classmethod
    def of(cls, binder: Binder, indicator: Indicator, *, without: bool) -> "Listing":
        """That of the indicator, with `without` for clients of whom an exception leaves records out."""
        fields = indicator.uses.customs & binder.attested
        return binder.rules.statements.get(
            ("listing", indicator.id, binder.dialect, fields, without),
            lambda: _made(binder, indicator, without=without),
        )

    def records(
        self,
        connection: Connection,
        binder: Binder,
        asked: Select[Any] | None,
        limit: int,
        names: Mapping[int, str],
    ) -> Records:
        """The newest records that a statement of this listing finds, at most `limit` (from 1); `names` are those of accounts."""
        if asked is None:
            return Records()
        columns = SOURCES[self.indicator.rows].columns
        rows = []
        total = 0
        for total, number, table, id_, fetched_at, *values in connection.execute(  # noqa: B007 - it is the same in each row
            asked, {**binder.parameters(self.words), "most": limit}
        ):
            labels = {
                name: _label(columns[name].kind, value)
                for name, value in zip(self.names, values, strict=True)
            }
            rows.append(
                EvidenceRow(
                    account=names.get(number, f"account {number}"),
                    table=table,
                    id=id_,
                    fields=labels,
                    fetched_at=from_seconds(fetched_at),
                )
            )
        return Records(tuple(rows), total)

    def missing(self, connection: Connection, binder: Binder) -> tuple[str, ...]:
        """Names of the conditions that no record meets."""
        if self.named is None:
            return ()
        conditions = [name for name, _ in self.indicator.parts] or self.indicator.steps
        row = connection.execute(self.named, binder.parameters(self.words)).one()
        return tuple(name for name, count in zip(conditions, row, strict=True) if not count)


def _made(binder: Binder, indicator: Indicator, *, without: bool) -> Listing:
    binder = replace(binder, words={})
    names = tuple(SOURCES[indicator.rows].labels_for(indicator.uses.columns))
    bound = binder.bind(indicator.rows, indicator.uses | Uses(columns=frozenset(names)))
    parts = expressions(indicator, bound, binder.rules, binder.now)
    if without:
        parts = without_excepted(parts, bound, indicator, binder.clock)
    counts, fixes = row_conditions(indicator, parts)
    return Listing(
        indicator=indicator,
        counted=_newest(bound, counts, names),
        to_fix=None if fixes is None else _newest(bound, fixes, names),
        named=_named(bound, indicator, parts),
        names=names,
        words=binder.words,
    )


def _newest(bound: Bound, condition: Sql, shown: Sequence[str]) -> Select[Any]:
    """The rows that meet a condition, newest first, cut to `most`, with these columns; in each how many there are."""
    source = bound.source
    moment = func.coalesce(bound.columns[source.newest], bound.columns["fetched_at"])
    return (
        bound.select(
            func.count().over().label("total"),
            bound.account.label("row_account"),
            (literal(source.table) if bound.table is None else bound.table).label("row_table"),
            bound.columns["id"].label("row_id"),
            bound.columns["fetched_at"].label("row_fetched_at"),
            *[bound.columns[name].label(f"field_{n}") for n, name in enumerate(shown)],
        )
        .where(condition)
        .order_by(moment.desc(), bound.account, same_order(bound.columns["id"]))
        .limit(bindparam("most", type_=Integer()))
    )


def _named(bound: Bound, indicator: Indicator, parts: Mapping[str, Sql]) -> Select[Any] | None:
    """How many rows meet each part, or each step, in their order."""
    named = [parts[f"parts {name}"] for name, _ in indicator.parts]
    named = named or [parts[f"steps {n}"] for n, _ in enumerate(indicator.steps, start=1)]
    if not named:
        return None
    return bound.select(*[func.count(case((and_(parts["where"], sql), 1))) for sql in named])


def row_conditions(indicator: Indicator, parts: dict[str, Sql]) -> tuple[Sql, Sql | None]:
    """Which rows make the value, and which hold it down. They are the rows that the measure counts: see measures.py."""
    where, good = parts["where"], parts.get("good", true())
    # A condition that is null does not hold.
    bad = not_(func.coalesce(good, false()))
    counted, fixes = and_(where, good), None
    is_less_better = indicator.better == "lower"
    match indicator.measure:
        case "share":
            fixes = and_(where, bad)
        case "count" | "per":
            fixes = counted if is_less_better else None
        case "trend":
            fixes = counted if is_less_better else None
            counted = or_(counted, and_(parts["year before"], good))
        case "sum_ratio":
            weighed = and_(where, parts["bottom"].is_not(None))
            counted = weighed if is_less_better else and_(weighed, good)
            fixes = and_(weighed, good if is_less_better else bad)
        case "age" | "document" | "drill" | "rhythm" | "number" | "match" | "median" | "proof":
            counted, fixes = _valued(indicator, parts)
        case _:
            counted = and_(
                where, or_(*[sql for key, sql in parts.items() if key.startswith(("steps ", "parts "))])
            )
    return counted, fixes


def _valued(indicator: Indicator, parts: dict[str, Sql]) -> tuple[Sql, Sql | None]:
    """The same for measures that look at a value of each row."""
    where = parts["where"]
    if indicator.measure == "proof":
        return where, None
    of = parts["of"]
    if indicator.measure in ("age", "document", "drill", "rhythm"):
        has_value = of <= parts["now"] + indicator.ahead
    else:
        has_value = of.is_not(None)
    said = and_(where, has_value, parts.get("good", true()))
    if indicator.measure == "median":
        best = indicator.levels[-1]
        return said, and_(said, of > best if indicator.better == "lower" else of < best)
    if indicator.measure == "drill":
        # To fix is what had none within the third step, or none that passed.
        done = and_(said, of > parts["now"] - drilled_within(indicator))
        return done, and_(where, not_(func.coalesce(done, false())))
    if indicator.rows == "companies":
        return said, and_(where, not_(func.coalesce(has_value, false())))
    return said, None


def _label(kind: str, value: Any) -> Label:
    if value is None:
        return None
    if kind == "time":
        return from_seconds(int(value))
    return bool(value) if kind == "condition" else value
