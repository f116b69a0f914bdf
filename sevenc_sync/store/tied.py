"""The ledger of devices as people read it: each record, the device that it belongs to, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, null, select, union_all

from sevenc_sync.clock import from_seconds
from sevenc_sync.store.tables import account, device_link, evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceLine:
    """A record of a client and the device that it belongs to.

    `device` numbers the client's devices from 1 in the order of the lines; `method` and `detail` say what was equal,
    `at` since when. `is_stale`: its source has a newer record of the device, so this one does not count.
    """

    device: int
    kind: str
    account: str
    id: str
    name: str
    serial: str | None
    mac: str | None
    last_seen: datetime | None
    method: str
    detail: str | None
    confidence: float | None
    is_stale: bool
    at: datetime | None


def device_lines(connection: Connection, owner: int) -> list[DeviceLine]:
    """All tied records of a client that are not gone upstream, those of one device together, devices by name."""
    rows = connection.execute(union_all(_records("asset", owner), _records("protection", owner))).all()
    called: dict[str, str] = {}
    for row in rows:
        name = (row.name or "").casefold()
        called[row.device] = min(called.get(row.device, name), name)
    order = {device: place for place, device in enumerate(sorted(called, key=lambda key: (called[key], key)))}
    rows = sorted(rows, key=lambda row: (order[row.device], row.kind, row.source, row.id))
    return list(_lines(rows, order))


def _lines(rows: "list[Any]", order: dict[str, int]) -> Iterator[DeviceLine]:
    for row in rows:
        yield DeviceLine(
            device=order[row.device] + 1,
            kind=row.kind,
            account=row.source,
            id=row.id,
            name=row.name or "",
            serial=row.serial,
            mac=row.mac,
            last_seen=None if row.seen is None else from_seconds(row.seen),
            method=row.method,
            detail=row.detail,
            confidence=row.confidence,
            is_stale=row.is_stale,
            at=None if row.at is None else from_seconds(row.at),
        )


def _records(kind: str, owner: int) -> "Select[Any]":
    table = evidence[kind]
    seen = table.c.last_seen_at if kind == "asset" else table.c.last_attempt_at
    return (
        select(
            literal(kind).label("kind"),
            account.c.name.label("source"),
            device_link.c.id,
            func.coalesce(func.nullif(table.c.host_name, ""), table.c.name).label("name"),
            table.c.serial,
            table.c.mac,
            seen.label("seen"),
            device_link.c.device,
            device_link.c.method,
            device_link.c.detail,
            device_link.c.confidence,
            device_link.c.is_stale,
            device_link.c.at,
        )
        .select_from(device_link)
        .join(account, account.c.id == device_link.c.account)
        .join(table, and_(table.c.account == device_link.c.account, table.c.id == device_link.c.id))
        .where(device_link.c.kind == kind, device_link.c.client == owner, table.c.gone_at.is_(null()))
    )
