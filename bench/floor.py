"""The floor: as little as a program can do that ends with the same tickets in an indexed table.

Usage: floor.py BASE_URL PAGE_SIZE FILE

The standard library's HTTP client, the same fields decoded with msgspec, one upsert per page, indexes afterwards. No
retries, no checks, no clean texts, no digest, no place to go on from, nothing told: what ours does beyond this is the
price of being a service.
"""

import http.client
import sqlite3
import sys
from typing import Any
from urllib.parse import urlsplit

import msgspec

PAGES_A_COMMIT = 10

COLUMNS = [
    "account",
    "id",
    "company",
    "number",
    "summary",
    "board",
    "type",
    "subtype",
    "category",
    "source",
    "status",
    "priority",
    "priority_level",
    "is_closed",
    "opened_at",
    "responded_at",
    "respond_due_at",
    "resolved_at",
    "resolve_due_at",
    "closed_at",
    "updated_at",
    "sla",
    "met_sla",
    "owner",
    "hours",
    "contract",
    "merged_into",
    "parent",
    "phrase",
    "digest",
    "fetched_at",
    "gone_at",
]


class Ref(msgspec.Struct, gc=False):
    """A reference, of which some part is used."""

    id: int | None = None
    name: str | None = None
    identifier: str | None = None
    level: str | None = None


class Info(msgspec.Struct, gc=False, rename="camel"):
    """The strings beside a record."""

    last_updated: str | None = None
    date_entered: str | None = None


class Ticket(msgspec.Struct, gc=False, rename="camel"):
    """The fields that are used."""

    id: int
    summary: str | None = None
    record_type: str | None = None
    board: Ref | None = None
    status: Ref | None = None
    company: Ref | None = None
    type: Ref | None = None
    sub_type: Ref | None = None
    owner: Ref | None = None
    priority: Ref | None = None
    source: Ref | None = None
    agreement: Ref | None = None
    closed_date: str | None = None
    closed_flag: bool | None = None
    actual_hours: float | None = None
    date_resolved: str | None = None
    date_responded: str | None = None
    respond_by_goal: str | None = msgspec.field(name="respondByGoalUTC", default=None)
    resolution_goal: str | None = msgspec.field(name="resolutionGoalUTC", default=None)
    is_in_sla: bool | None = None
    sla: Ref | None = None
    parent_ticket_id: int | None = None
    merged_parent_ticket: Ref | None = None
    info: Info = msgspec.field(name="_info", default_factory=Info)


_NONE = Ref()


def row(found: Ticket) -> tuple[Any, ...]:
    """The row of one ticket."""
    number = str(found.id)
    priority = found.priority or _NONE
    agreement = found.agreement
    return (
        1,
        number,
        str((found.company or _NONE).id),
        number,
        found.summary,
        (found.board or _NONE).name,
        (found.type or _NONE).name,
        (found.sub_type or _NONE).name,
        None,
        (found.source or _NONE).name,
        (found.status or _NONE).name,
        priority.name,
        priority.level,
        found.closed_flag,
        found.info.date_entered,
        found.date_responded,
        found.respond_by_goal,
        found.date_resolved,
        found.resolution_goal,
        found.closed_date,
        found.info.last_updated,
        (found.sla or _NONE).name,
        found.is_in_sla,
        (found.owner or _NONE).identifier,
        found.actual_hours,
        None if agreement is None else str(agreement.id),
        None if found.merged_parent_ticket is None else str(found.merged_parent_ticket.id),
        None if found.parent_ticket_id is None else str(found.parent_ticket_id),
        None,
        found.id,
        0,
        None,
    )


def main(base_url: str, size: int, path: str) -> None:
    """Pull everything."""
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -16384"):
        database.execute(f"PRAGMA {pragma}")
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS[2:])
    upsert = (
        f"INSERT INTO ticket ({names}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608 - our own names
        f"ON CONFLICT (account, id) DO UPDATE SET {changes}"
    )
    database.execute(f"CREATE TABLE ticket ({names}, PRIMARY KEY (account, id))")
    decode = msgspec.json.Decoder(list[Ticket]).decode
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc)
    target = f"/v2025_1/apis/3.0/service/tickets?pageSize={size}"
    after: int | None = None
    pages = 0
    database.execute("BEGIN")
    while True:
        connection.request("GET", target if after is None else f"{target}&pageId={after}")
        found = decode(connection.getresponse().read())
        database.executemany(upsert, map(row, found))
        pages += 1
        if pages % PAGES_A_COMMIT == 0:
            database.execute("COMMIT")
            database.execute("BEGIN")
        if len(found) < size:
            break
        after = found[-1].id
        del found
    database.execute(
        "CREATE INDEX ix_score ON ticket (account, company, opened_at, closed_at, is_closed, resolve_due_at, phrase) "
        "WHERE gone_at IS NULL AND merged_into IS NULL"
    )
    database.execute("CREATE INDEX ix_updated ON ticket (updated_at)")
    database.execute("COMMIT")
    database.close()
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
