"""Which daemon works on the store: one at a time, and it is known which.

A dead process of this machine is known at once; one on another machine is believed dead when it has not been heard of
for a while.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.holder import is_dead
from sevenc_sync.store.tables import rules_pack, service

SILENT = timedelta(minutes=5)  # several times longer than a living daemon is silent
DAEMON = "daemon"
WORKER = "worker "  # begins the names of workers, of which there may be many; see `workers`
ROOM = 4 * 2**20  # bytes


def take_service(store: Store, holder: str, now: datetime, name: str = DAEMON) -> None:
    """Become the store's daemon. Raises StoreProblem, with the holder named, while another one is at work."""
    at = to_seconds(now)
    taken = service.c.name == name
    if name == DAEMON:  # one that does all the work leaves none to workers
        taken |= service.c.name.startswith(WORKER)
    with store.write() as connection:
        rows = connection.execute(select(service).where(taken).with_for_update()).all()
        for row in rows:
            if row.holder == holder or _is_gone(row.holder, row.seen_at, now):
                continue
            host, pid, _started = row.holder.rsplit(":", 2)
            raise StoreProblem(
                f"A daemon works on this store already: process {pid} on {host}, since "
                f'{from_seconds(row.started_at):%Y-%m-%d %H:%M} UTC. Stop that one first; one store has one daemon, unless engine = "procrastinate". '
                "`sync`, `score` and `push` may be run beside it."
            )
        connection.execute(delete(service).where(service.c.name == name))
        connection.execute(insert(service).values(name=name, holder=holder, started_at=at, seen_at=at))


def beat(store: Store, holder: str, now: datetime, name: str = DAEMON) -> bool:
    """Say that the holder is alive; False when another one has taken its place."""
    mine = (service.c.name == name) & (service.c.holder == holder)
    with store.write() as connection:
        return connection.execute(update(service).where(mine).values(seen_at=to_seconds(now))).rowcount == 1


def prove_writable(store: Store) -> None:
    """Write as much as a large transaction does, and delete it. Raises StoreUnwritable.

    A beat alone needs no room and proves nothing; with a little room work would begin and break off again and again.
    """
    row = {"hash": "room", "body": os.urandom(ROOM), "first_at": 0}
    with store.write() as connection:
        connection.execute(delete(rules_pack).where(rules_pack.c.hash == "room"))
        connection.execute(insert(rules_pack).values(row))
    with store.write() as connection:
        connection.execute(delete(rules_pack).where(rules_pack.c.hash == "room"))


def leave_service(store: Store, holder: str, name: str = DAEMON) -> None:
    """Let another one begin at once."""
    with store.write() as connection:
        connection.execute(delete(service).where(service.c.name == name, service.c.holder == holder))


@dataclass(frozen=True, slots=True)
class Working:
    """Who works on the store: the process as people know it, and when it last said so (epoch seconds)."""

    process: str
    since: int
    seen_at: int


def who_works(connection: Connection, name: str = DAEMON) -> Working | None:
    """The store's daemon; None: there is none, or it is known to be dead."""
    row = connection.execute(select(service).where(service.c.name == name)).first()
    if row is None or is_dead(row.holder):
        return None
    host, pid, _started = row.holder.rsplit(":", 2)
    return Working(f"process {pid} on {host}", row.started_at, row.seen_at)


def _is_gone(holder: str, seen_at: int, now: datetime) -> bool:
    return is_dead(holder) or to_seconds(now) - seen_at > SILENT.total_seconds()
