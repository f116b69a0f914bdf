"""Where a client stands among the MSP's own clients of like size."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import and_, func, select

from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client as client_table
from sevenc_sync.store.tables import client_score, evidence

LIKE = 2.0  # of like size: at least half as many seats and at most twice as many
LEAST = 5  # fewer clients than that are no group to be compared with


class Peer(msgspec.Struct, frozen=True):
    """One client as others are compared with it: its seats and its score (0 to 100), each None where not known."""

    client: int
    seats: float | None
    score: float | None


class Standing(msgspec.Struct, frozen=True):
    """Of `clients` clients of like size (itself among them), `better_than` percent of the others have a lower score."""

    clients: int
    better_than: float


def standing(peers: Iterable[Peer], client: int) -> Standing | None:
    """Where the client stands, or None: its seats or score are not known, or fewer than LEAST are of its size."""
    known = {
        peer.client: (peer.seats, peer.score)
        for peer in peers
        if peer.seats is not None and peer.seats > 0 and peer.score is not None
    }
    if client not in known:
        return None
    seats, score = known.pop(client)
    others = [other for size, other in known.values() if seats / LIKE <= size <= seats * LIKE]
    if len(others) + 1 < LEAST:
        return None
    lower = sum(1 for other in others if other < score)
    return Standing(clients=len(others) + 1, better_than=round(100 * lower / len(others), 1))


def read_peers(store: Store) -> list[Peer]:
    """All active clients that were scored. Seats are the client's own number, else its master record's."""
    company = evidence["company"]
    master = and_(
        company.c.account == client_table.c.account,
        company.c.id == client_table.c.company,
        company.c.gone_at.is_(None),
    )
    statement = (
        select(client_table.c.id, func.coalesce(client_table.c.seats, company.c.seats), client_score.c.score)
        .select_from(client_table.join(client_score, client_score.c.client == client_table.c.id))
        .outerjoin(company, master)
        .where(client_table.c.is_active)
    )
    with store.read() as connection:
        return [Peer(*row) for row in connection.execute(statement)]
