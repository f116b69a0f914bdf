"""What clients have and what they pay for: the lines, devices, workloads and seats that the MSP's own side rests on."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Select, Text, func, literal, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import MACHINE_WORKLOADS
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.sqlfunctions import same_order
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.score.words import Phrases
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import account, client

# What the quantity of a contract line may count, and which devices are meant where they are devices.
DEVICE_COUNTS: Mapping[str, tuple[str, ...]] = {
    "server": ("server",),
    "workstation": ("workstation", "laptop"),
    "computer": ("server", "workstation", "laptop"),
    "network": ("network",),
}
PROTECTED = "protected"
COUNTS = (*DEVICE_COUNTS, PROTECTED, "seat")
Things = Literal["records", "numbers", "none"]


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """One record at its vendor, with the name that people know it by."""

    account: str
    table: str
    id: str
    name: str | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A contract line in force whose quantity is not 0: the areas that it sells, what it counts, and how many that are."""

    ref: Ref
    product: str | None
    unit: str | None
    quantity: float | None
    areas: frozenset[str]
    counts: str | None


def areas_of(lines: Iterable[Line]) -> frozenset[str]:
    """The areas that these lines sell."""
    return frozenset(area for line in lines for area in line.areas)


class Estate(msgspec.Struct, frozen=True, kw_only=True):
    """One client's lines in force, seats (None: not known), and the number of live devices by kind and of protected machines.

    `records` are these devices and machines themselves, by kind or "protected", where they were asked for.
    """

    client: int
    name: str
    group: str | None
    lines: tuple[Line, ...]
    numbers: Mapping[str, int]
    records: Mapping[str, tuple[Ref, ...]]
    seats: float | None

    @property
    def sold(self) -> frozenset[str]:
        """The areas that some line sells."""
        return areas_of(self.lines)

    def counted(self, counts: str) -> tuple[Ref, ...]:
        """The devices or workloads that a line of this kind counts; nothing for seats, which have no records."""
        return tuple(ref for kind in _kinds(counts) for ref in self.records.get(kind, ()))

    def number(self, counts: str) -> int:
        """How many of them there are."""
        return sum(self.numbers.get(kind, 0) for kind in _kinds(counts))


def _kinds(counts: str) -> tuple[str, ...]:
    return (PROTECTED,) if counts == PROTECTED else DEVICE_COUNTS.get(counts, ())


def read_estates(
    store: Store,
    rules: Rules,
    now: datetime,
    clients: Collection[int] | None = None,
    *,
    things: Things = "records",
) -> list[Estate]:
    """The estates of those clients (None: all active ones), by name, from one snapshot.

    `things`: whether devices and machines are read one by one, counted, or left out.
    """
    records: dict[int, dict[str, list[Ref]]] = defaultdict(lambda: defaultdict(list))
    numbers: dict[int, dict[str, int]] = defaultdict(dict)
    with store.read() as connection:
        binder = Binder(rules, to_seconds(now), Phrases.read(connection), connection.dialect.name, clients)
        names = _account_names(connection)
        lines = _lines(connection, binder, names)
        if things == "records":
            for found in (_devices, _protected):
                for owner, kind, number, key, name in binder.run(connection, found.__name__, found):
                    table = "protection" if kind == PROTECTED else "asset"
                    ref = Ref(account=names[number], table=table, id=key, name=name)
                    records[owner][kind].append(ref)
            for owner, kinds in records.items():
                numbers[owner] = {kind: len(refs) for kind, refs in kinds.items()}
        if things == "numbers":
            for found in (_devices, _protected):
                for owner, kind, count in binder.run(
                    connection, ("number", found.__name__), partial(_number, found)
                ):
                    numbers[owner][kind] = count
        seats = _seats(connection, binder)
        heads = connection.execute(_clients(binder)).all()
    return [
        Estate(
            client=row.id,
            name=row.name,
            group=row.grp,
            lines=tuple(lines.get(row.id, ())),
            numbers=numbers.get(row.id, {}),
            records={kind: tuple(refs) for kind, refs in sorted(records.get(row.id, {}).items())},
            seats=seats.get(row.id),
        )
        for row in heads
    ]


def sold_areas(connection: Connection, rules: Rules, now: datetime, owner: int) -> frozenset[str]:
    """The areas that one client's lines in force sell, as its estate has them; whether lines are readable is the caller's question."""
    binder = Binder(rules, to_seconds(now), Phrases.read(connection), connection.dialect.name, [owner])
    return areas_of(_lines(connection, binder, _account_names(connection)).get(owner, ()))


def _account_names(connection: Connection) -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(select(account.c.id, account.c.name))}


def _clients(binder: Binder) -> Select[tuple[int, str, str | None]]:
    statement = select(client.c.id, client.c.name, client.c.grp).where(client.c.is_active)
    return statement.where(*binder.of_clients(client.c.id)).order_by(client.c.name, client.c.id)


def _lines(connection: Connection, binder: Binder, names: Mapping[int, str]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    # Many lines sell the same product.
    known: dict[tuple[str | None, str | None], tuple[frozenset[str], str | None]] = {}
    for owner, number, key, product, description, unit, quantity in binder.run(
        connection, "lines", _in_force
    ):
        if (product, unit) not in known:
            rules = binder.rules.service_matcher.matching("contract_line", {"product": product, "unit": unit})
            known[product, unit] = (
                frozenset(area for rule in rules for area in rule.gives),
                next((rule.counts for rule in rules if rule.counts is not None), None),
            )
        areas, counts = known[product, unit]
        ref = Ref(account=names[number], table="contract_line", id=key, name=description or product)
        found[owner].append(
            Line(ref=ref, product=product, unit=unit, quantity=quantity, areas=areas, counts=counts)
        )
    return found


def _in_force(binder: Binder) -> Select[Any]:
    """Client, account, id and columns of each line in force that is not for nothing."""
    columns = ("product", "description", "unit", "quantity")
    bound = binder.bind("contract_lines", Uses(columns=frozenset({*columns, "in_force"})))
    id_ = bound.columns["id"]
    statement = bound.select(bound.client, bound.account, id_, *[bound.columns[name] for name in columns])
    statement = statement.where(bound.columns["in_force"], func.coalesce(bound.columns["quantity"], 1) > 0)
    return statement.order_by(bound.client, bound.account, same_order(id_))


def _devices(binder: Binder) -> Select[Any]:
    """Client, kind, account, id and name of each managed device of a kind that lines count."""
    bound = binder.bind("assets", Uses(columns=frozenset({"kind", "managed", "name", "host_name"})))
    known = sorted({kind for kinds in DEVICE_COUNTS.values() for kind in kinds})
    kind, id_ = bound.columns["kind"], bound.columns["id"]
    name = func.coalesce(bound.columns["name"], bound.columns["host_name"])
    statement = bound.select(bound.client.label("owner"), kind.label("kind"), bound.account, id_, name)
    statement = statement.where(bound.columns["managed"], kind.in_(known))
    return statement.order_by(bound.client, bound.account, same_order(id_))


def _protected(binder: Binder) -> Select[Any]:
    """The same of each protected machine."""
    bound = binder.bind("protections", Uses(columns=frozenset({"name", "workload", "is_paused"})))
    kind, id_ = literal(PROTECTED, Text()), bound.columns["id"]
    statement = bound.select(
        bound.client.label("owner"), kind.label("kind"), bound.account, id_, bound.columns["name"]
    ).where(
        func.coalesce(bound.columns["workload"], MACHINE_WORKLOADS[0]).in_(MACHINE_WORKLOADS),
        func.coalesce(bound.columns["is_paused"], False).is_(False),
    )
    return statement.order_by(bound.client, bound.account, same_order(id_))


def _number(of: Callable[[Binder], Select[Any]], binder: Binder) -> Select[Any]:
    """Client, kind, and how many rows of another statement are theirs."""
    rows = of(binder).order_by(None).subquery("things")
    return select(rows.c.owner, rows.c.kind, func.count()).group_by(rows.c.owner, rows.c.kind)


def _seats(connection: Connection, binder: Binder) -> dict[int, float]:
    return {
        owner: float(seats)
        for owner, seats in binder.run(connection, "seats", _seat_rows)
        if seats and seats > 0
    }


def _seat_rows(binder: Binder) -> Select[Any]:
    bound = binder.bind("companies", Uses(columns=frozenset({"seats"})))
    return bound.select(bound.client, bound.columns["seats"])
