"""The devices of each client in the store: the records that may be one, those that are, and what waits for a person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, func, null, select, tuple_

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.blocking import companies_of
from sevenc_sync.store.companies import chosen
from sevenc_sync.store.tables import device_conflict, device_link, evidence, link, unmatched
from sevenc_sync.store.upserts import insert_into

DeviceKey = tuple[str, int, str]  # asset or protection, account, the vendor's id of the record


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRecord:
    """An asset or a protection, with what tells its device.

    `is_live` is false once it is inactive or archived; `seen_at` (seconds) is when the machine was last heard of;
    `workload` is what a backup product says that it protects.
    """

    kind: str
    account: int
    id: str
    serial: str | None
    host: str | None
    is_live: bool
    mac: str | None = None
    seen_at: int | None = None
    workload: str | None = None

    @property
    def key(self) -> DeviceKey:
        """What the ledger knows it by."""
        return self.kind, self.account, self.id

    @property
    def text(self) -> str:
        """The key as text: KIND:ACCOUNT:ID."""
        return f"{self.kind}:{self.account}:{self.id}"

    @property
    def source(self) -> tuple[str, int]:
        """The list that it stands in: one kind of record of one account."""
        return self.kind, self.account


@dataclass(frozen=True, slots=True)
class DeviceTie:
    """The device that a record belongs to, and how that was found: operator, serial, mac, host-name, alone, workload.

    `detail` is what was equal. `is_stale` marks a record beside which its source has a newer one of the device. `serial`
    is the record's own, folded; None where it has none that tells machines apart.
    """

    device: str
    method: str
    detail: str | None = None
    confidence: float | None = None
    is_stale: bool = False
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceConflict:
    """Records of one client that may be one device, and why matching does not say so."""

    kind: str  # serial or host-name
    value: str
    detail: str
    records: tuple[str, ...]  # as KIND:ACCOUNT:ID, in order


def record_label(text: str, systems: Mapping[int, tuple[str, str]]) -> str:
    """A record as people name it, KIND/ACCOUNT/ID, from KIND:ACCOUNT:ID with the account's number."""
    kind, number, record = text.split(":", 2)
    return f"{kind}/{systems[int(number)][0]}/{record}"


def company_of_record(connection: Connection, text: str) -> tuple[int, str | None]:
    """The account and company of a record, given as KIND:ACCOUNT:ID."""
    kind, number, record = text.split(":", 2)
    table = evidence[kind]
    statement = select(table.c.company).where(table.c.account == int(number), table.c.id == record)
    return int(number), connection.execute(statement).scalar()


def client_of_record(connection: Connection, kind: str, number: int, record: str) -> int | None:
    """The client that a record counts for. Raises KeyError when there is no such record, or it is gone upstream."""
    table = evidence[kind]
    row = connection.execute(
        select(link.c.client)
        .select_from(
            table.outerjoin(link, and_(link.c.account == table.c.account, link.c.company == table.c.company))
        )
        .where(table.c.account == number, table.c.id == record, table.c.gone_at.is_(None))
    ).one_or_none()
    if row is None:
        raise KeyError(record)
    owner: int | None = row.client
    return owner


def take_unmatched(connection: Connection, most: int) -> list[int] | None:
    """Clients whose devices have to be looked at again, of at most so many companies; None when there is no company left.

    Those companies, and others of the same clients, are taken off the list: whoever takes them must look. The clients are
    those that the companies are linked to, and those that their records were tied for.
    """
    columns = unmatched.c
    statement = select(columns.account, columns.company).order_by(columns.account, columns.company)
    taken = {(row.account, row.company) for row in connection.execute(statement.limit(most))}
    if not taken:
        return None
    found: set[int] = set()
    for number in {key[0] for key in taken}:
        found |= _clients_of(connection, number, [company for account, company in taken if account == number])
    for condition in chosen(columns.account, columns.company, taken | companies_of(connection, found)):
        connection.execute(delete(unmatched).where(condition))
    return sorted(found)


def forget_unmatched(connection: Connection) -> None:
    """Take all companies off that list: whoever does must look at all clients."""
    connection.execute(delete(unmatched))


def _clients_of(connection: Connection, number: int, companies: Sequence[str]) -> set[int]:
    linked = select(link.c.client).where(
        link.c.account == number, link.c.company.in_(companies), link.c.client.is_not(None)
    )
    found = set(connection.execute(linked).scalars())
    for kind in ("asset", "protection"):
        table = evidence[kind]
        records = select(table.c.id).where(table.c.account == number, table.c.company.in_(companies))
        statement = (
            select(device_link.c.client)
            .where(device_link.c.kind == kind, device_link.c.account == number, device_link.c.id.in_(records))
            .distinct()
        )
        found |= set(connection.execute(statement).scalars())
    return found


def client_numbers(connection: Connection) -> list[int]:
    """Every client that has companies linked or devices tied, by number."""
    linked = select(link.c.client).where(link.c.client.is_not(None))
    tied = select(device_link.c.client)
    return sorted(connection.execute(linked.union(tied)).scalars())


def device_records(connection: Connection, numbers: Collection[int]) -> dict[int, list[DeviceRecord]]:
    """The assets and protections of these clients' linked companies that are not gone upstream, by client."""
    asset, protection = evidence["asset"], evidence["protection"]
    host = func.coalesce(func.nullif(asset.c.host_name, ""), asset.c.name)
    seen = func.coalesce(func.nullif(protection.c.host_name, ""), protection.c.name)
    found: dict[int, list[DeviceRecord]] = {number: [] for number in numbers}
    none = null()
    for table, *columns in (
        (asset, host, func.coalesce(asset.c.is_active, True), asset.c.last_seen_at, none),
        (
            protection,
            seen,
            ~func.coalesce(protection.c.is_archived, False),
            func.coalesce(protection.c.last_attempt_at, protection.c.last_success_at),
            protection.c.workload,
        ),
    ):
        statement = (
            select(link.c.client, table.c.account, table.c.id, table.c.serial, table.c.mac, *columns)
            .join(link, and_(link.c.account == table.c.account, link.c.company == table.c.company))
            .where(link.c.client.in_(sorted(numbers)), link.c.state == "linked", table.c.gone_at.is_(None))
        )
        for number, source, record, serial, mac, text, live, at, workload in connection.execute(statement):
            found[number].append(
                DeviceRecord(
                    kind=table.name,
                    account=source,
                    id=record,
                    serial=serial,
                    host=text,
                    is_live=bool(live),
                    mac=mac,
                    seen_at=at,
                    workload=workload,
                )
            )
    return found


def device_ties(connection: Connection, numbers: Collection[int]) -> dict[int, dict[DeviceKey, DeviceTie]]:
    """The stored devices of these clients, by client."""
    found: dict[int, dict[DeviceKey, DeviceTie]] = {number: {} for number in numbers}
    statement = select(device_link).where(device_link.c.client.in_(sorted(numbers)))
    for row in connection.execute(statement):
        found[row.client][row.kind, row.account, row.id] = DeviceTie(
            row.device, row.method, row.detail, row.confidence, row.is_stale, row.serial
        )
    return found


def save_device_ties(
    connection: Connection,
    changed: Iterable[tuple[int, DeviceKey, DeviceTie]],
    dropped: Iterable[tuple[int, DeviceKey]],
    now: datetime,
) -> None:
    """Write changed ties, and take out records that are gone or no longer this client's."""
    dropped = list(dropped)
    if dropped:
        connection.execute(
            delete(device_link).where(
                device_link.c.client == bindparam("old_client"),
                tuple_(device_link.c.kind, device_link.c.account, device_link.c.id)
                == tuple_(bindparam("old_kind"), bindparam("old_account"), bindparam("old_id")),
            ),
            [
                {"old_client": number, "old_kind": kind, "old_account": source, "old_id": record}
                for number, (kind, source, record) in dropped
            ],
        )
    rows = [
        {
            "kind": kind,
            "account": source,
            "id": record,
            "client": number,
            "device": tie.device,
            "method": tie.method,
            "detail": tie.detail,
            "confidence": tie.confidence,
            "is_stale": tie.is_stale,
            "serial": tie.serial,
            "at": to_seconds(now),
        }
        for number, (kind, source, record), tie in changed
    ]
    if not rows:
        return
    insert = insert_into(connection, device_link)
    columns = ("client", "device", "method", "detail", "confidence", "is_stale", "serial", "at")
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["kind", "account", "id"],
            set_={name: insert.excluded[name] for name in columns},
        ),
        rows,
    )


def device_conflicts(
    connection: Connection, numbers: Collection[int] | None = None
) -> dict[int, list[DeviceConflict]]:
    """What waits for a person about devices, of these clients or of all, by client."""
    statement = select(device_conflict).order_by(
        device_conflict.c.client, device_conflict.c.kind, device_conflict.c.value
    )
    if numbers is not None:
        statement = statement.where(device_conflict.c.client.in_(sorted(numbers)))
    found: dict[int, list[DeviceConflict]] = {}
    for row in connection.execute(statement):
        records = tuple(msgspec.json.decode(row.records, type=list[str]))
        found.setdefault(row.client, []).append(DeviceConflict(row.kind, row.value, row.detail, records))
    return found


def count_conflicts(connection: Connection) -> int:
    """How many questions about devices wait for a person, but for those about what has moved."""
    return connection.execute(select(func.count()).select_from(device_conflict)).scalar_one()


def save_device_conflicts(
    connection: Connection, owner: int, conflicts: Sequence[DeviceConflict], now: datetime
) -> None:
    """Put these in place of what a client had."""
    connection.execute(delete(device_conflict).where(device_conflict.c.client == owner))
    if conflicts:
        connection.execute(
            device_conflict.insert(),
            [
                {
                    "client": owner,
                    "kind": item.kind,
                    "value": item.value,
                    "detail": item.detail,
                    "records": msgspec.json.encode(item.records).decode(),
                    "at": to_seconds(now),
                }
                for item in conflicts
            ],
        )
