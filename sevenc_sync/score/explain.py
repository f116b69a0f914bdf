"""Why a level is what it is: the number, the way to the next step, and the records behind both."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import Connection, and_, case, false, func, literal, not_, or_, select, true

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.bound import Bound
from sevenc_sync.score.counting import expressions
from sevenc_sync.score.dated import drilled_within
from sevenc_sync.score.decided import risks_of, without_excepted
from sevenc_sync.score.evaluate import binder_of, evaluate
from sevenc_sync.score.families import unmapped_shares
from sevenc_sync.score.feeds import Feeds, StreamRead
from sevenc_sync.score.fields import Field, fields_of
from sevenc_sync.score.language import custom_calls
from sevenc_sync.score.nextlevel import way_of
from sevenc_sync.score.results import WHOLE, IndicatorResult
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.targets import indicators_of
from sevenc_sync.score.vocabulary import Sql, Uses, field_key
from sevenc_sync.store.attestations import Attestation, attestations
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import AcceptedRisk
from sevenc_sync.store.tables import account

Label = str | float | bool | datetime | None


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record: whose it is, what it is, and by which fields a person knows it again."""

    account: str
    table: str
    id: str
    fields: dict[str, Label]
    fetched_at: datetime


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator of one client with its proof.

    `next_level` and `next_step`: the value that reaches the next level; `how_far`: what is missing to it, in the
    indicator's unit; `rows_far`: how many more rows must be good, for shares; for rhythms, how many more of the last
    intervals must hold an event. `needs` says what brings a level that no step reaches. `rows` are the records that make the value (`rows_total` of them; of a share the good
    ones), `to_fix` those that hold the level down (`to_fix_total`); both lists are cut to a limit. `reads` are the streams
    behind it. `to_attest` are the fields of which somebody's word would make it known; none where it is known already. `missing` names the
    conditions that no record meets, for measures made of several conditions. `unmapped` is the share (0 to 1) of the
    client's rows whose words no rule knows, None where the indicator asks for no words. `attested` is what somebody says in
    place of the custom fields that it reads, `exceptions` are those in force that touch it; records that they name are
    in no list.
    """

    result: IndicatorResult
    rules_hash: str
    why: str
    fix: str
    basis: str
    better: str
    levels: tuple[float, ...]
    next_level: int | None
    next_step: float | None
    how_far: float | None
    rows_far: int | None
    rows: tuple[EvidenceRow, ...]
    rows_total: int
    to_fix: tuple[EvidenceRow, ...]
    to_fix_total: int
    missing: tuple[str, ...]
    unmapped: float | None
    needs: str | None = None
    reads: tuple[StreamRead, ...] = ()
    to_attest: tuple[Field, ...] = ()
    attested: tuple[Attestation, ...] = ()
    exceptions: tuple[AcceptedRisk, ...] = ()


def explain(
    store: Store, rules: Rules, now: datetime, feeds: Feeds, client_id: int, target: str, *, limit: int = 20
) -> list[Explained]:
    """Explain an area (each of its indicators) or one indicator of a client, from the evidence as it is now.

    Raises KeyError for a target that is neither (see find_target), and for a client that is not active.
    """
    return explain_indicators(store, rules, now, feeds, client_id, indicators_of(rules, target), limit=limit)


def explain_indicators(
    store: Store,
    rules: Rules,
    now: datetime,
    feeds: Feeds,
    client_id: int,
    wanted: Collection[str],
    *,
    limit: int = 20,
    only_to_fix: bool = False,
) -> list[Explained]:
    """The same for any indicators by id, from one snapshot, in the rules' order; ids that no rule has are left out.

    With `only_to_fix` the records that make the values are not read: `rows` is empty, and `rows_total` 0.
    """
    few = rules.with_indicators([item for item in rules.indicators if item.id in wanted])
    # What speaks of all other indicators needs them all.
    asked = rules if any(item.measure == "proof" for item in few.indicators) else few
    with store.read() as connection:
        evaluation = evaluate(connection, asked, now, feeds, [client_id])
        results = evaluation.results()
        if not results:
            raise KeyError(f"client {client_id}")
        (subject,) = evaluation.subjects
        binder = binder_of(connection, few, now, client_id)
        by_id = {item.id: item for item in results[0].indicators}
        unmapped = unmapped_shares(connection, binder, few.indicators)
        said = attestations(connection, owner=client_id, in_force_at=now)
        fields = fields_of(few)
        names = {row.id: row.name for row in connection.execute(select(account.c.id, account.c.name))}
        lists = _Lists(limit, names, has_counted=not only_to_fix)
        # Where a stream is the trouble, nobody's word would make it known.
        silent = {
            indicator.id
            for indicator in few.indicators
            if by_id[indicator.id].value is None
            and by_id[indicator.id].counts
            and evaluation.source_fault(indicator, subject) is None
        }
        return [
            structs.replace(
                _explained(
                    connection,
                    binder,
                    rules,
                    indicator,
                    by_id[indicator.id],
                    unmapped.get(indicator.id),
                    lists,
                ),
                reads=evaluation.reads(indicator, subject),
                to_attest=tuple(fields[key] for key in _read_for_value(indicator))
                if indicator.id in silent
                else (),
                attested=tuple(item for item in said if item.field in indicator.uses.customs),
                exceptions=risks_of(connection, rules, now, client_id, indicator.id),
            )
            for indicator in few.indicators
        ]


def _read_for_value(indicator: Indicator) -> list[str]:
    """The fields that make it known: those of `of`, where further ones only raise the level."""
    own = {field_key(name) for _, name in custom_calls(indicator.of or "true")}
    return sorted(own or indicator.uses.customs)


def is_counted(
    store: Store, rules: Rules, now: datetime, client_id: int, name: str, account_name: str, record: str
) -> bool:
    """Whether a record is among the rows that an indicator looks at for a client, whatever is excepted."""
    indicator = rules.indicator_by_id[name]
    with store.read() as connection:
        bound = binder_of(connection, rules, now, client_id).bind(indicator.rows, indicator.uses)
        parts = expressions(indicator, bound, rules, to_seconds(now))
        source = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
        found = bound.select(func.count()).where(
            parts["where"], bound.account == source, bound.columns["id"] == record
        )
        return bool(connection.execute(found).scalar_one())


def _explained(
    connection: Connection,
    binder: Binder,
    rules: Rules,
    indicator: Indicator,
    result: IndicatorResult,
    unmapped: float | None,
    lists: "_Lists",
) -> Explained:
    source = SOURCES[indicator.rows]
    names = source.labels_for(indicator.uses.columns)
    labels = Uses(columns=frozenset(names))
    bound = binder.bind(indicator.rows, indicator.uses | labels)
    parts = expressions(indicator, bound, rules, binder.now)
    if result.excepted not in (None, WHOLE):
        parts = without_excepted(parts, bound, indicator, binder.clock)
    counts, fixes = row_conditions(indicator, parts)
    rows, total = _rows(connection, bound, counts, names, lists) if lists.has_counted else ((), 0)
    to_fix, fix_total = _rows(connection, bound, fixes, names, lists) if fixes is not None else ((), 0)
    way = way_of(indicator, result)
    return Explained(
        result=result,
        rules_hash=rules.hash,
        why=indicator.why,
        fix=indicator.fix,
        basis=indicator.basis,
        better=indicator.better,
        levels=indicator.levels,
        next_level=way.level,
        next_step=way.step,
        how_far=way.how_far,
        rows_far=way.rows_far,
        needs=way.needs,
        rows=rows,
        rows_total=total,
        to_fix=to_fix,
        to_fix_total=fix_total,
        missing=_missing(connection, bound, indicator, parts),
        unmapped=None if unmapped is None else round(unmapped, 4),
    )


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


class _Lists(msgspec.Struct, frozen=True):
    """How long the lists of records are, the accounts' names by number, and whether those that make the value are wanted."""

    limit: int
    names: Mapping[int, str]
    has_counted: bool


def _rows(
    connection: Connection, bound: Bound, condition: Sql, shown: Sequence[str], lists: _Lists
) -> tuple[tuple[EvidenceRow, ...], int]:
    """The rows that meet a condition, newest first, cut to the limit, with these columns; and how many there are."""
    source = bound.source
    moment = func.coalesce(bound.columns[source.newest], bound.columns["fetched_at"])
    total = connection.execute(bound.select(func.count()).where(condition)).scalar_one()
    if not total:
        return (), 0
    chosen = bound.select(
        bound.account.label("row_account"),
        (literal(source.table) if bound.table is None else bound.table).label("row_table"),
        bound.columns["id"].label("row_id"),
        bound.columns["fetched_at"].label("row_fetched_at"),
        *[bound.columns[name].label(f"field_{n}") for n, name in enumerate(shown)],
    ).where(condition)
    chosen = chosen.order_by(moment.desc(), bound.account, same_order(bound.columns["id"])).limit(lists.limit)
    rows = tuple(
        EvidenceRow(
            account=lists.names.get(row.row_account, f"account {row.row_account}"),
            table=row.row_table,
            id=row.row_id,
            fields={name: _label(source.columns[name].kind, row[4 + n]) for n, name in enumerate(shown)},
            fetched_at=from_seconds(row.row_fetched_at),
        )
        for row in connection.execute(chosen)
    )
    return rows, int(total)


def _label(kind: str, value: Any) -> Label:
    if value is None:
        return None
    if kind == "time":
        return from_seconds(int(value))
    return bool(value) if kind == "condition" else value


def _missing(
    connection: Connection, bound: Bound, indicator: Indicator, parts: dict[str, Sql]
) -> tuple[str, ...]:
    """Names of the conditions that no row meets."""
    named: Sequence[tuple[str, Sql]] = [(name, parts[f"parts {name}"]) for name, _ in indicator.parts]
    named = named or [(text, parts[f"steps {n}"]) for n, text in enumerate(indicator.steps, start=1)]
    if not named:
        return ()
    counts = [func.count(case((and_(parts["where"], sql), 1))) for _, sql in named]
    row = connection.execute(bound.select(*counts)).one()
    return tuple(name for (name, _), count in zip(named, row, strict=True) if not count)
