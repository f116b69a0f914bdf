"""One record behind an indicator, by which a person knows what is meant: cheaper than all that `explain` reads."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, false, func, select

from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counting import expressions
from sevenc_sync.score.decided import without_excepted
from sevenc_sync.score.evaluate import binder_of
from sevenc_sync.score.listing import EvidenceRow, row_conditions
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.store.tables import account as account_table
from sevenc_sync.store.tables import evidence

# The field by which people call a record; of other kinds no example is given.
NAMED_BY: Mapping[str, str] = {
    "tickets": "number",
    "assets": "name",
    "protections": "name",
    "protection_runs": "protection",
    "alerts": "device",
}
# Where that field is another record's id: the table with the name that people know.
POINTS_TO: Mapping[str, str] = {"protection_runs": "protection", "alerts": "asset"}


def examples(
    connection: Connection, rules: Rules, now: datetime, client_id: int, wanted: Mapping[str, bool]
) -> dict[str, str]:
    """What the newest record of each indicator is called, by indicator; those without one are left out.

    `wanted`: by indicator, whether it is to be one that holds the level down (True), or one that counts.
    """
    items = [item for item in rules.indicators if item.id in wanted and item.rows in NAMED_BY]
    if not items:
        return {}
    binder = binder_of(connection, rules, now, client_id)
    found: dict[str, str] = {}
    for item in items:
        to_fix = wanted[item.id]
        fields = item.uses.customs & binder.attested
        key = ("example", item.id, to_fix, fields)
        row: Any = binder.run(connection, key, partial(_newest, item, to_fix)).first()
        text = None if row is None else _known_as(connection, item.rows, str(row[0]), row[1])
        if text is not None:
            found[item.id] = f"#{text}" if item.rows == "tickets" else text
    return found


def _newest(item: Indicator, to_fix: bool, binder: Binder) -> Select[Any]:
    """What the newest record is called, and its account; of what holds the level down where that is known record by record."""
    source = SOURCES[item.rows]
    name = NAMED_BY[item.rows]
    bound = binder.bind(item.rows, item.uses | Uses(columns=frozenset({name})))
    parts = without_excepted(expressions(item, bound, binder.rules, binder.now), bound, item, binder.clock)
    counts, fixes = row_conditions(item, parts)
    condition = counts if not to_fix else false() if fixes is None else fixes
    called = bound.columns[name]
    moment = func.coalesce(bound.columns[source.newest], bound.columns["fetched_at"])
    return (
        bound.select(called, bound.account)
        .where(condition, called.is_not(None))
        .order_by(moment.desc(), bound.account, same_order(bound.columns["id"]))
        .limit(1)
    )


def _known_as(connection: Connection, rows: str, text: str, account: int) -> str | None:
    """What people call the record; None where nothing but an id is known."""
    if rows not in POINTS_TO:
        return text
    table = evidence[POINTS_TO[rows]]
    name = connection.execute(
        select(table.c.name).where(table.c.account == account, table.c.id == text)
    ).scalar()
    return None if name is None else str(name)


def names_of(connection: Connection, rows: Iterable[EvidenceRow]) -> dict[tuple[str, str], str]:
    """What people call the records that these rows point to, by the rows' account and the id they point to."""
    rows, wanted = list(rows), dict[str, set[str]]()
    for row in rows:
        source = _SOURCE_OF.get(row.table)
        said = None if source is None else row.fields.get(NAMED_BY[source])
        if source is not None and isinstance(said, str):
            wanted.setdefault(POINTS_TO[source], set()).add(said)
    found: dict[tuple[str, str], str] = {}
    of = sorted({row.account for row in rows})
    for name, ids in wanted.items():
        table = evidence[name]
        statement = (
            select(account_table.c.name, table.c.id, table.c.name)
            .join(account_table, account_table.c.id == table.c.account)
            .where(account_table.c.name.in_(of), table.c.id.in_(sorted(ids)), table.c.name.is_not(None))
        )
        found |= {(owner, number): str(called) for owner, number, called in connection.execute(statement)}
    return found


_SOURCE_OF = {SOURCES[name].table: name for name in POINTS_TO}
