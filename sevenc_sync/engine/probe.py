"""Trying each stream of an account with one small request."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sevenc_sync.clock import Clock
from sevenc_sync.connect.errors import AccessProblem, Problem
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Parent, Stream, Window
from sevenc_sync.engine.sync_job import Account, open_http
from sevenc_sync.store.database import Store
from sevenc_sync.store.details import any_row
from sevenc_sync.store.reads import parent_rows

QUICK = RetryPolicy(attempts=2, longest_wait=5.0)  # somebody is waiting in front of the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What came of it. `state`: readable, unreadable (a right is missing), failing, waits (no parent known yet)."""

    account: str
    stream: str
    needs: str
    state: str
    problem: str | None = None
    action: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """For machines."""
        return asdict(self)


def probe_account(store: Store, account: Account, clock: Clock, stop: threading.Event) -> list[Probed]:
    """Every stream's state, in the connector's order. Never raises the kit's Problems."""
    try:
        with open_http(account, clock, stop, QUICK) as http:
            return [_probe(store, account, stream, clock, http) for stream in account.connector.streams]
    except Problem as problem:
        return [_row(account, stream, problem) for stream in account.connector.streams]


def _probe(store: Store, account: Account, stream: Stream, clock: Clock, http: Http) -> Probed:
    parent = None
    if stream.parent is not None:
        row = _some_parent(store, account.number, stream, stream.parent)
        if row is None:
            return Probed(
                account=account.name,
                stream=stream.name,
                needs=stream.needs,
                state="waits",
                action="Streams that wait are read below records of another stream; `sevenc-sync sync` reads both.",
            )
        parent = Parent(id=str(row["id"]), company=row.get("company"), row=row)
    now = clock()
    window = Window(since=now, horizon=now, now=now)
    try:
        http.read(
            stream.path_for(parent),
            lambda response: stream.layout.split(response.body),
            params={**stream.params(window), **stream.paginator.first()},
            headers=stream.headers,
            json_body=None if stream.body is None else stream.body(window),
        )
    except Problem as problem:
        return _row(account, stream, problem)
    return Probed(account=account.name, stream=stream.name, needs=stream.needs, state="readable")


def _some_parent(store: Store, account: int, stream: Stream, table: str) -> Mapping[str, Any] | None:
    with store.read() as connection:
        if stream.detail is not None:
            return any_row(connection, account, stream.name, table)
        return next(iter(parent_rows(connection, account, table, stream.parent_kinds, None)), None)


def _row(account: Account, stream: Stream, problem: Problem) -> Probed:
    return Probed(
        account=account.name,
        stream=stream.name,
        needs=stream.needs,
        state="unreadable" if isinstance(problem, AccessProblem) else "failing",
        problem=problem.text,
        action=problem.action,
    )
