"""Many daemons on one store, the workers: who they are, which configuration counts, and what the dead leave behind.

Times are the database's own: the workers' machines need not agree on theirs. Only PostgreSQL has many workers.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, cast, delete, func, insert, select, update
from sqlalchemy.exc import OperationalError

from sevenc_sync.clock import from_seconds
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.holder import is_dead
from sevenc_sync.store.service import DAEMON, SILENT, WORKER
from sevenc_sync.store.tables import account, in_force, judging, score_part, service, stream_state

LOCKED = "55P03"  # SQLSTATE of PostgreSQL: a lock was waited for in vain
ONE = "configuration"  # the name of the one row of `in_force`


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: its process as people know it, since when, and when it last said so (epoch seconds).

    One whose configuration is not the one in force waits.
    """

    process: str
    since: int
    seen_at: int
    is_in_force: bool


def worker_name(holder: str) -> str:
    """The worker's row among the services."""
    return f"{WORKER}{holder}"


def join(store: Store, holder: str, configuration: str) -> None:
    """Become one of the store's workers. Raises StoreProblem while a daemon of the local engine is at work."""
    with store.write() as connection:
        now = _now(connection)
        row = connection.execute(select(service).where(service.c.name == DAEMON).with_for_update()).first()
        if row is not None and not is_dead(row.holder) and now - row.seen_at <= SILENT.total_seconds():
            raise StoreProblem(
                f"A daemon with the local engine works on this store: {_process(row.holder)}, since "
                f'{from_seconds(row.started_at):%Y-%m-%d %H:%M} UTC. Stop that one first, or set engine = "procrastinate" there too.'
            )
        connection.execute(delete(service).where(service.c.name.in_((DAEMON, worker_name(holder)))))
        connection.execute(
            insert(service).values(
                name=worker_name(holder),
                holder=holder,
                started_at=now,
                seen_at=now,
                configuration=configuration,
            )
        )


def say_alive(store: Store, holder: str, configuration: str) -> bool:
    """Say that the worker is alive, and what it works by; False when it was taken for dead meanwhile."""
    with store.write() as connection:
        now = _now(connection)
        connection.execute(update(service).where(service.c.holder == holder).values(seen_at=now))
        mine = service.c.name == worker_name(holder)
        done = connection.execute(update(service).where(mine).values(configuration=configuration))
        return done.rowcount == 1


def leave(store: Store, holder: str) -> None:
    """The worker ends; nobody need wait for what it held."""
    with store.write() as connection:
        _release(connection, [holder])


def bury(store: Store, silent: float) -> list[str]:
    """Let go what dead workers held, and forget them; gives who they were.

    Dead is a process of this machine that is no more, and one that has not been heard of for `silent` seconds. Should it
    wake up again, it finds its runs lost before it writes anything. Where it holds locks of the database, nobody is
    buried now: the database ends the connections of the dead in its own time, see `Store.open`.
    """
    try:
        return _bury(store, silent)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != LOCKED:
            raise
        return []


def _bury(store: Store, silent: float) -> list[str]:
    with store.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        now = _now(connection)
        found = connection.execute(
            select(service).where(service.c.name.startswith(WORKER)).with_for_update(skip_locked=True)
        ).all()
        dead = [row.holder for row in found if is_dead(row.holder) or now - row.seen_at > silent]
        if dead:
            _release(connection, dead)
    return dead


def _release(connection: Connection, holders: list[str]) -> None:
    connection.execute(delete(service).where(service.c.holder.in_(holders)))
    connection.execute(update(stream_state).where(stream_state.c.holder.in_(holders)).values(lease_until=0))
    connection.execute(
        update(score_part).where(score_part.c.holder.in_(holders)).values(holder=None, lease_until=None)
    )


def declare(store: Store, holder: str, configuration: str) -> bool:
    """The configuration that was read last is the one that counts from now on; gives whether it is another one than before.

    With another one all clients are due.
    """
    mine = in_force.c.name == ONE
    with store.write() as connection:
        # Several workers may begin at the same moment: whoever comes second waits for the row and then compares.
        empty = {"name": ONE, "digest": "", "holder": holder, "since": 0}
        insert_missing(connection, in_force, [empty])
        before = connection.execute(select(in_force.c.digest).where(mine).with_for_update()).scalar_one()
        if before == configuration:
            return False
        now = _now(connection)
        connection.execute(
            update(in_force).where(mine).values(digest=configuration, holder=holder, since=now)
        )
        connection.execute(update(judging).values(basis=None, all_at=None, rules=None))
    return True


@dataclass(frozen=True, slots=True)
class InForce:
    """The configuration that counts: its digest, and who read it when (epoch seconds)."""

    digest: str
    process: str
    since: int


def configuration_in_force(connection: Connection) -> InForce | None:
    """None: no worker ever began on this store."""
    row = connection.execute(select(in_force).where(in_force.c.name == ONE)).first()
    if row is None:
        return None
    return InForce(row.digest, _process(row.holder), row.since)


def living_workers(connection: Connection) -> list[Worker]:
    """The workers that are not known to be dead, the oldest first."""
    counts = configuration_in_force(connection)
    rows = connection.execute(
        select(service)
        .where(service.c.name.startswith(WORKER))
        .order_by(service.c.started_at, service.c.name)
    ).all()
    found = []
    for row in rows:
        if is_dead(row.holder):
            continue
        is_mine = counts is not None and row.configuration == counts.digest
        found.append(Worker(_process(row.holder), row.started_at, row.seen_at, is_mine))
    return found


def held_by(connection: Connection) -> dict[str, list[str]]:
    """What each process holds: streams that it reads or writes, and parts of clients that it scores."""
    found: dict[str, list[str]] = {}
    streams = (
        select(stream_state.c.holder, account.c.name, stream_state.c.stream)
        .join(account, account.c.id == stream_state.c.account)
        .where(stream_state.c.run.is_not(None))
        .order_by(account.c.name, stream_state.c.stream)
    )
    for holder, name, stream in connection.execute(streams):
        found.setdefault(_process(holder), []).append(f"{name}/{stream}")
    parts = select(score_part.c.holder, score_part.c.id).where(score_part.c.holder.is_not(None))
    for holder, number in connection.execute(parts.order_by(score_part.c.id)):
        found.setdefault(_process(holder), []).append(f"clients of part {number}")
    return found


def _process(holder: str) -> str:
    host, pid, _started = holder.rsplit(":", 2)
    return f"process {pid} on {host}"


def _now(connection: Connection) -> int:
    """The database's clock, in epoch seconds."""
    return int(connection.execute(select(cast(func.extract("epoch", func.now()), BigInteger))).scalar_one())
