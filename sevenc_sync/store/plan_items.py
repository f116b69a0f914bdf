"""The items of the clients' plans: one for each indicator that ever held an area of a client below its target."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.tables import client as client_table
from sevenc_sync.store.tables import dirty, plan_item

PREFIX = "7C-"
SHORTEST = 4  # characters after the prefix; more where others have the same
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without those that look like another one
_LOOKALIKES = str.maketrans("ILO", "110")
_AT_ONCE = 10_000  # values in one statement: both databases take more

State = Literal["open", "accepted", "done", "risk"]
Action = Literal["accept", "done", "reopen", "risk"]
_STATE_AFTER: Mapping[Action, State] = {
    "accept": "accepted",
    "done": "done",
    "reopen": "open",
    "risk": "risk",
}


class PlanItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item. `by` is who last decided, None where the evidence did; `until` is the end of an accepted risk.

    An item that is open because that end has come keeps both, and the reason.
    `ticket` is the number of its ticket in the PSA.
    """

    id: str
    client: int
    indicator: str
    state: str
    reason: str | None
    by: str | None
    owner: str | None
    due_at: datetime | None
    until: datetime | None
    first_at: datetime
    changed_at: datetime
    ticket: str | None = None


class NewItem(NamedTuple):
    """An item to open. `key` says which client and indicator it is for, the same in every store."""

    client: int
    key: str
    indicator: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of an item. `owner` and `due` go with accept, `reason` and `until` with risk."""

    action: Action
    by: str
    owner: str | None = None
    due: datetime | None = None
    reason: str | None = None
    until: datetime | None = None


def read_plan_items(connection: Connection, clients: Collection[int]) -> dict[int, dict[str, PlanItem]]:
    """All items of those clients, by client and indicator."""
    found: dict[int, dict[str, PlanItem]] = {}
    statement = select(plan_item).where(plan_item.c.client.in_(sorted(clients)))
    for row in connection.execute(statement.order_by(plan_item.c.client, plan_item.c.indicator)):
        found.setdefault(row.client, {})[row.indicator] = _item(row)
    return found


def add_plan_items(connection: Connection, items: Sequence[NewItem], now: datetime) -> None:
    """Open these, each under an id of its own: the shortest beginning of its digest that nobody has."""
    waiting, length = list(items), SHORTEST
    rows: dict[str, dict[str, Any]] = {}
    at = to_seconds(now)
    while waiting:
        taken = _taken(connection, [item_id(item.key, length) for item in waiting])
        again = []
        for item in waiting:
            number = item_id(item.key, length)
            if number in taken or number in rows:
                again.append(item)
                continue
            rows[number] = {
                "id": number,
                "client": item.client,
                "indicator": item.indicator,
                "state": "open",
                "first_at": at,
                "changed_at": at,
            }
        waiting, length = again, length + 1
    insert_missing(connection, plan_item, list(rows.values()))


def write_plan_items(connection: Connection, items: Sequence[PlanItem]) -> None:
    """Store these as they are now; they are there already."""
    if not items:
        return
    names = ("state", "reason", "by", "owner", "due_at", "until", "changed_at")
    statement = update(plan_item).where(plan_item.c.id == bindparam("number"))
    statement = statement.values({name: bindparam(f"new_{name}") for name in names})
    connection.execute(
        statement,
        [
            {"number": item.id, **{f"new_{name}": _stored(getattr(item, name)) for name in names}}
            for item in items
        ],
    )


def decide(
    connection: Connection, client: int, number: str, decision: Decision, now: datetime
) -> PlanItem | None:
    """Do as a person says, and write it into the audit log. Gives the item as it is then; None: no such item."""
    row = connection.execute(
        select(plan_item).where(plan_item.c.client == client, plan_item.c.id == typed_id(number))
    ).first()
    if row is None:
        return None
    before = _item(row)
    after = msgspec.structs.replace(
        before,
        state=_STATE_AFTER[decision.action],
        by=decision.by,
        owner=decision.owner if decision.owner is not None else before.owner,
        due_at=decision.due if decision.action == "accept" else None,
        reason=decision.reason,
        until=decision.until,
        changed_at=now,
    )
    write_plan_items(connection, [after])
    _mark(connection, client)
    said = {"owner": decision.owner, "due": decision.due, "reason": decision.reason, "until": decision.until}
    detail = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in said.items()
    }
    write_audit(
        connection,
        now,
        decision.by,
        f"plan-{decision.action}",
        before.id,
        client=client,
        detail={
            "indicator": before.indicator,
            "was": before.state,
            **{name: value for name, value in detail.items() if value is not None},
        },
    )
    return after


def set_ticket(connection: Connection, number: str, ticket: str) -> None:
    """Keep the number of an item's ticket in the PSA."""
    connection.execute(update(plan_item).where(plan_item.c.id == number).values(ticket=ticket))


def _mark(connection: Connection, number: int) -> None:
    """Mark the client as changed: a rule counts the items of its plan."""
    owner = connection.execute(
        select(client_table.c.account, client_table.c.company).where(client_table.c.id == number)
    ).one()
    insert_missing(
        connection, dirty, [{"account": owner.account, "company": owner.company, "kind": plan_item.name}]
    )


def item_id(key: str, length: int) -> str:
    """The id made of a key, with so many characters: the same key always gives the same, longer ones begin alike."""
    digest = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=20).digest())
    return PREFIX + "".join(_LETTERS[digest >> (5 * n) & 31] for n in range(length))


def typed_id(text: str) -> str:
    """The id that a person means: letters of either size, with or without the prefix, 0 and 1 as they may be misread."""
    plain = text.strip().upper()
    plain = plain.removeprefix(PREFIX)
    return PREFIX + plain.translate(_LOOKALIKES)


def _taken(connection: Connection, numbers: Sequence[str]) -> set[str]:
    return {
        number
        for some in _slices(numbers)
        for number in connection.execute(select(plan_item.c.id).where(plan_item.c.id.in_(some))).scalars()
    }


def _slices(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


def _item(row: Any) -> PlanItem:
    def moment(seconds: int | None) -> datetime | None:
        return None if seconds is None else from_seconds(seconds)

    return PlanItem(
        id=row.id,
        client=row.client,
        indicator=row.indicator,
        state=row.state,
        reason=row.reason,
        by=row.by,
        owner=row.owner,
        due_at=moment(row.due_at),
        until=moment(row.until),
        first_at=from_seconds(row.first_at),
        changed_at=from_seconds(row.changed_at),
        ticket=row.ticket,
    )


def _stored(value: Any) -> Any:
    return to_seconds(value) if isinstance(value, datetime) else value
