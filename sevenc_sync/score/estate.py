"""What clients have and what they pay for: the lines, devices, workloads and seats that the MSP's own side rests on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Select, func, select

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
COUNTS = (*DEVICE_COUNTS, "protected", "seat")


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
    """One client's lines in force, live devices by kind, protected machines, and seats (None: not known)."""

    client: int
    name: str
    group: str | None
    lines: tuple[Line, ...]
    devices: Mapping[str, tuple[Ref, ...]]
    protected: tuple[Ref, ...]
    seats: float | None

    @property
    def sold(self) -> frozenset[str]:
        """The areas that some line sells."""
        return areas_of(self.lines)

    def counted(self, counts: str) -> tuple[Ref, ...]:
        """The devices or workloads that a line of this kind counts; nothing for seats, which have no records."""
        if counts == "protected":
            return self.protected
        return tuple(ref for kind in DEVICE_COUNTS.get(counts, ()) for ref in self.devices.get(kind, ()))


def read_estates(
    store: Store, rules: Rules, now: datetime, clients: Collection[int] | None = None
) -> list[Estate]:
    """The estates of those clients (None: all active ones), by name, from one snapshot."""
    with store.read() as connection:
        binder = Binder(rules, to_seconds(now), Phrases.read(connection), connection.dialect.name, clients)
        names = _account_names(connection)
        lines = _lines(connection, binder, names)
        devices = _devices(connection, binder, names)
        protected = _protected(connection, binder, names)
        seats = _seats(connection, binder)
        heads = connection.execute(_clients(binder)).all()
    return [
        Estate(
            client=row.id,
            name=row.name,
            group=row.grp,
            lines=tuple(lines.get(row.id, ())),
            devices={kind: tuple(refs) for kind, refs in sorted(devices.get(row.id, {}).items())},
            protected=tuple(protected.get(row.id, ())),
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
    columns = ("product", "description", "unit", "quantity")
    bound = binder.bind("contract_lines", Uses(columns=frozenset({*columns, "in_force"})))
    statement = bound.select(
        bound.client.label("client"),
        bound.account.label("account"),
        bound.columns["id"].label("id"),
        *[bound.columns[name].label(name) for name in columns],
    ).where(bound.columns["in_force"], func.coalesce(bound.columns["quantity"], 1) > 0)
    found: dict[int, list[Line]] = defaultdict(list)
    for row in connection.execute(
        statement.order_by(bound.client, bound.account, same_order(bound.columns["id"]))
    ):
        rules = binder.rules.service_matcher.matching(
            "contract_line", {"product": row.product, "unit": row.unit}
        )
        found[row.client].append(
            Line(
                ref=Ref(
                    account=names[row.account],
                    table="contract_line",
                    id=row.id,
                    name=row.description or row.product,
                ),
                product=row.product,
                unit=row.unit,
                quantity=row.quantity,
                areas=frozenset(area for rule in rules for area in rule.gives),
                counts=next((rule.counts for rule in rules if rule.counts is not None), None),
            )
        )
    return found


def _devices(
    connection: Connection, binder: Binder, names: Mapping[int, str]
) -> dict[int, dict[str, list[Ref]]]:
    bound = binder.bind("assets", Uses(columns=frozenset({"kind", "managed", "name", "host_name"})))
    known = frozenset(kind for kinds in DEVICE_COUNTS.values() for kind in kinds)
    name = func.coalesce(bound.columns["name"], bound.columns["host_name"])
    statement = bound.select(
        bound.client.label("client"),
        bound.account.label("account"),
        bound.columns["id"].label("id"),
        name.label("name"),
        bound.columns["kind"].label("kind"),
    ).where(bound.columns["managed"], bound.columns["kind"].in_(sorted(known)))
    found: dict[int, dict[str, list[Ref]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(
        statement.order_by(bound.client, bound.account, same_order(bound.columns["id"]))
    ):
        ref = Ref(account=names[row.account], table="asset", id=row.id, name=row.name)
        found[row.client][row.kind].append(ref)
    return found


def _protected(connection: Connection, binder: Binder, names: Mapping[int, str]) -> dict[int, list[Ref]]:
    bound = binder.bind("protections", Uses(columns=frozenset({"name", "workload", "is_paused"})))
    statement = bound.select(
        bound.client.label("client"),
        bound.account.label("account"),
        bound.columns["id"].label("id"),
        bound.columns["name"].label("name"),
    ).where(
        func.coalesce(bound.columns["workload"], MACHINE_WORKLOADS[0]).in_(MACHINE_WORKLOADS),
        func.coalesce(bound.columns["is_paused"], False).is_(False),
    )
    found: dict[int, list[Ref]] = defaultdict(list)
    for row in connection.execute(
        statement.order_by(bound.client, bound.account, same_order(bound.columns["id"]))
    ):
        found[row.client].append(
            Ref(account=names[row.account], table="protection", id=row.id, name=row.name)
        )
    return found


def _seats(connection: Connection, binder: Binder) -> dict[int, float]:
    bound = binder.bind("companies", Uses(columns=frozenset({"seats"})))
    statement = bound.select(bound.client.label("client"), bound.columns["seats"].label("seats"))
    return {
        row.client: float(row.seats) for row in connection.execute(statement) if row.seats and row.seats > 0
    }
