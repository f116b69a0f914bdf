"""Forgetting: everything that came from one account, or that is known of one client, is deleted at once, with counts.

The rows of the account and of clients stay as empty shells: the audit log, which nothing can change, points to them.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, or_, select, tuple_, update

from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.database import StoreProblem
from sevenc_sync.store.tables import (
    account,
    audit,
    client,
    detail,
    evidence,
    link,
    match_decision,
    metadata,
    phrase,
    run,
    run_log,
    score_run,
    stream_state,
)

FORGOTTEN = "(forgotten)"
_SHELLS = frozenset({account.name, client.name, audit.name})


def forget_account(connection: Connection, name: str, by: str, now: datetime) -> dict[str, int]:
    """Delete everything that came from the account of this name, and its clients if it was the master.

    Gives the number of rows by table. Raises StoreProblem when there is no such account, or something is read now.
    """
    _nothing_is_read(connection)
    number = connection.execute(select(account.c.id).where(account.c.name == name)).scalar()
    if number is None:
        names = ", ".join(connection.scalars(select(account.c.name).order_by(account.c.name)))
        raise StoreProblem(f"The store knows no account {name!r}; it has {names or 'none'}.")
    clients = list(connection.scalars(select(client.c.id).where(client.c.account == number)))
    counts = _clients_out(connection, clients)
    mine = select(run.c.id).where(run.c.account == number)
    _count(counts, run_log, _delete(connection, run_log, run_log.c.run.in_(mine)))
    for table in reversed(metadata.sorted_tables):
        if "account" in table.c and table.name not in _SHELLS:
            _count(counts, table, _delete(connection, table, table.c.account == number))
    _count(counts, phrase, _loose_phrases(connection))
    connection.execute(
        update(account)
        .where(account.c.id == number)
        .values(is_stopped=False, reason=None, secret_digest=None, per_minute=None, documented_limit=None)
    )
    write_audit(connection, now, by, "forget-account", f"account {name}", detail=counts)
    return counts


def forget_client(connection: Connection, number: int, by: str, now: datetime) -> dict[str, int]:
    """Delete everything that is known of the client: its companies' evidence, links, scores, decisions, notes sent.

    Gives the number of rows by table. Raises StoreProblem when there is no such client, or something is read now.
    """
    _nothing_is_read(connection)
    row = connection.execute(select(client.c.account, client.c.company).where(client.c.id == number)).first()
    if row is None:
        raise StoreProblem(f"The store knows no client {number}.")
    linked = connection.execute(select(link.c.account, link.c.company).where(link.c.client == number))
    companies = {(row.account, row.company), *((item.account, item.company) for item in linked)}
    counts: dict[str, int] = {}
    for table in evidence.values():
        column = table.c.id if table is evidence["company"] else table.c.get("company")
        if column is None:
            continue
        of_them = tuple_(table.c.account, column).in_(companies)
        ids = select(table.c.account, table.c.id).where(of_them)
        told = and_(detail.c.kind == table.name, tuple_(detail.c.account, detail.c.id).in_(ids))
        _count(counts, detail, _delete(connection, detail, told))
        _count(counts, table, _delete(connection, table, of_them))
    for name in ("dirty", "undecided", "unmatched", "match_key"):
        table = metadata.tables[name]
        _count(
            counts, table, _delete(connection, table, tuple_(table.c.account, table.c.company).in_(companies))
        )
    decided = tuple_(match_decision.c.account, match_decision.c.record).in_(companies)
    _count(counts, match_decision, _delete(connection, match_decision, decided))
    for name, more in _clients_out(connection, [number]).items():
        counts[name] = counts.get(name, 0) + more
    _count(counts, phrase, _loose_phrases(connection))
    write_audit(connection, now, by, "forget-client", f"client {number}", client=number, detail=counts)
    return counts


def _clients_out(connection: Connection, clients: Collection[int]) -> dict[str, int]:
    """Delete all that hangs on these clients and leave their rows empty. No earlier score can be replayed any more."""
    counts: dict[str, int] = {}
    if not clients:
        return counts
    for table in reversed(metadata.sorted_tables):
        if "client" in table.c and table.name not in _SHELLS:
            _count(counts, table, _delete(connection, table, table.c.client.in_(clients)))
    for number in clients:
        connection.execute(
            update(client)
            .where(client.c.id == number)
            .values(name=FORGOTTEN, company=f"forgotten:{number}", is_active=False, seats=None, grp=None)
        )
    connection.execute(update(score_run).values(scope=None))
    counts[client.name] = len(clients)
    return counts


def _loose_phrases(connection: Connection) -> int:
    """Delete combinations of words that no record has any more."""
    used = [
        select(table.c.id).where(table.c.phrase == phrase.c.id).exists()
        for table in evidence.values()
        if connection.execute(select(func.count()).where(table.c.phrase.is_not(None))).scalar_one()
    ]
    return _delete(connection, phrase, ~or_(*used) if used else phrase.c.id.is_not(None))


def _nothing_is_read(connection: Connection) -> None:
    held = connection.execute(
        select(account.c.name, stream_state.c.stream)
        .join(account, account.c.id == stream_state.c.account)
        .where(stream_state.c.run.is_not(None))
    ).first()
    if held is not None:
        raise StoreProblem(
            f"{held.name}/{held.stream} is being read now. Stop the daemon, or wait and try again."
        )


def _delete(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(where)).rowcount


def _count(counts: dict[str, int], table: Table, number: int) -> None:
    if number:
        counts[table.name] = counts.get(table.name, 0) + number
