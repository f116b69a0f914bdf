"""Serial numbers that stand under several clients: machines that have moved, or clones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, union_all

from sevenc_sync.store.companies import in_parts
from sevenc_sync.store.tables import device_link, evidence


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record in use that carries a serial; `record` is KIND:ACCOUNT:ID, `seen_at` in seconds where its source says so."""

    serial: str
    client: int
    record: str
    seen_at: int | None


def sightings(connection: Connection) -> Iterator[Sighting]:
    """The records in use whose folded serial stands under more than one client, by serial, client and record.

    Those that are inactive or archived tell nothing of where the machine is now, and neither do stale ones.
    """
    columns = device_link.c
    several = (
        select(columns.serial)
        .where(columns.serial.is_not(None))
        .group_by(columns.serial)
        .having(func.count(columns.client.distinct()) > 1)
    )
    for part in in_parts(connection.execute(several).scalars().all()):
        rows = connection.execute(union_all(*(_in_use(kind, part) for kind in ("asset", "protection"))))
        found = [
            Sighting(row.serial, row.client, f"{row.kind}:{row.account}:{row.id}", row.seen) for row in rows
        ]
        yield from sorted(found, key=lambda item: (item.serial, item.client, item.record))


def _in_use(kind: str, serials: Sequence[str]) -> Select[tuple[str, int, str, int, str, int | None]]:
    table, columns = evidence[kind], device_link.c
    in_use: ColumnElement[bool]
    seen: ColumnElement[int | None]
    if kind == "asset":
        in_use, seen = func.coalesce(table.c.is_active, True), table.c.last_seen_at
    else:
        in_use = ~func.coalesce(table.c.is_archived, False)
        seen = func.coalesce(table.c.last_attempt_at, table.c.last_success_at)
    same = and_(columns.kind == kind, columns.account == table.c.account, columns.id == table.c.id)
    return (
        select(columns.serial, columns.client, columns.kind, columns.account, columns.id, seen.label("seen"))
        .select_from(device_link.join(table, same))
        .where(columns.serial.in_(serials), in_use, table.c.gone_at.is_(None), ~columns.is_stale)
    )
