"""What a whole pass has seen, and what it has not: rows that are gone at their source become tombstones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select, update

from sevenc_sync.store.bulk import insert_missing, mark_dirty
from sevenc_sync.store.tables import detail, evidence, seen

MAX_IDS = 500  # in one statement: databases bound the number of parameters


@dataclass(frozen=True, slots=True)
class Place:
    """One kind of record of one stream of one account; `scope` narrows it to rows with these column values.

    For `id` it is the beginning of the id: it tells apart what two streams make into one kind of record.
    """

    account: int
    stream: str
    kind: str
    scope: Mapping[str, str]

    def rows(self) -> ColumnElement[bool]:
        """The condition for the stored rows that are not known to be gone."""
        table = evidence[self.kind]
        return and_(
            table.c.account == self.account,
            table.c.gone_at.is_(None),
            *(
                table.c[column].startswith(value, autoescape=True)
                if column == "id"
                else table.c[column] == value
                for column, value in self.scope.items()
            ),
        )

    def unseen(self) -> ColumnElement[bool]:
        """The condition for those of them that the pass has not met."""
        table = evidence[self.kind]
        met = exists().where(
            seen.c.account == self.account,
            seen.c.stream == self.stream,
            seen.c.kind == self.kind,
            seen.c.id == table.c.id,
        )
        return and_(self.rows(), ~met)


def mark_seen(connection: Connection, place: Place, ids: Collection[str]) -> None:
    """Remember that these records exist."""
    rows = [
        {"account": place.account, "stream": place.stream, "kind": place.kind, "id": key}
        for key in sorted(ids)
    ]
    insert_missing(connection, seen, rows)


def forget_seen(connection: Connection, account: int, stream: str) -> None:
    """Begin anew: what earlier passes saw does not count."""
    connection.execute(delete(seen).where(seen.c.account == account, seen.c.stream == stream))


def count_unseen(connection: Connection, place: Place) -> tuple[int, int]:
    """(rows that were not met, all rows)."""
    count = select(func.count()).select_from(evidence[place.kind])
    gone = connection.execute(count.where(place.unseen())).scalar_one()
    return int(gone), int(connection.execute(count.where(place.rows())).scalar_one())


def bury(connection: Connection, place: Place, at: int) -> int:
    """Make tombstones of the rows that were not met; their companies become dirty. Gives how many."""
    table = evidence[place.kind]
    own = "id" if place.kind == "company" else "company"
    if own in table.c:
        companies = connection.execute(select(table.c[own]).where(place.unseen()).distinct()).scalars()
        mark_dirty(connection, place.account, place.kind, [key for key in companies if key is not None])
    gone = select(table.c.id).where(place.unseen())
    connection.execute(
        delete(detail).where(
            detail.c.account == place.account, detail.c.kind == place.kind, detail.c.id.in_(gone)
        )
    )
    return connection.execute(update(table).where(place.unseen()).values(gone_at=at)).rowcount


def stored_facts(
    connection: Connection, place: Place, ids: Sequence[str], columns: Sequence[str]
) -> dict[str, tuple[str | bool | None, ...]]:
    """The named columns of the rows that the store has, by id; rows known to be gone are left out."""
    table = evidence[place.kind]
    wanted = [table.c.id, *(table.c[name] for name in columns)]
    found: dict[str, tuple[str | bool | None, ...]] = {}
    for start in range(0, len(ids), MAX_IDS):
        part = ids[start : start + MAX_IDS]
        for row in connection.execute(select(*wanted).where(place.rows(), table.c.id.in_(part))):
            found[row[0]] = tuple(row[1:])
    return found
