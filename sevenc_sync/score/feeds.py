"""Whether a client's evidence can be trusted now: which streams feed a table, and whether they were read.

No data is not bad data. A stream that was never read, cannot be read, was last read too long ago, or is frozen makes what
rests on it unknown, with that as the reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.model import ProtectionRun
from sevenc_sync.store.silence import Silence, frozen_streams
from sevenc_sync.store.tables import account, link, stream_state
from sevenc_sync.store.watches import watched_since

# Evidence table -> the (account, stream) pairs that deliver it.
Feeds = Mapping[str, Sequence[tuple[int, str]]]

UNREADABLE = "unreadable"
# How a person calls the rows of a table.
_PLURAL: Mapping[str, str] = {
    "company": "companies",
    "ticket": "tickets",
    "asset": "devices",
    "contract": "contracts",
    "contract_line": "contract lines",
    "protection": "backups",
    "protection_run": "backup runs",
    "alert": "alerts",
    "time_entry": "time entries",
    "project": "projects",
    "phase": "phases",
    "activity": "activities",
}


class StreamFact(msgspec.Struct, frozen=True):
    """What is known of one stream's readings."""

    state: str
    reason: str | None
    last_ok_at: int | None


class StreamRead(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that somebody's numbers rest on, and when it was last read to the end (None: never)."""

    account: str
    stream: str
    state: str
    read_at: datetime | None


@dataclass(frozen=True)
class Sources:
    """The sources as they are in one snapshot: streams, account names, and which accounts know which client."""

    feeds: Feeds
    now: int
    streams: Mapping[tuple[int, str], StreamFact]
    names: Mapping[int, str]
    linked: Mapping[int, frozenset[int]]
    frozen: Mapping[tuple[int, str], Silence]
    watched: Mapping[tuple[int, str], int]  # since when built-up runs are all known, in seconds

    @classmethod
    def read(
        cls, connection: Connection, feeds: Feeds, now: int, clients: Collection[int] | None = None
    ) -> "Sources":
        """Read all that is needed to judge those clients (None: any)."""
        columns = stream_state.c
        streams = {
            (row.account, row.stream): StreamFact(row.state, row.reason, row.last_ok_at)
            for row in connection.execute(
                select(columns.account, columns.stream, columns.state, columns.reason, columns.last_ok_at)
            )
        }
        names = {row.id: row.name for row in connection.execute(select(account.c.id, account.c.name))}
        linked: dict[int, set[int]] = {}
        known = (
            select(link.c.client, link.c.account)
            .where(link.c.state == "linked", link.c.client.is_not(None))
            .distinct()
        )
        if clients is not None:
            known = known.where(link.c.client.in_(sorted(clients)))
        for row in connection.execute(known):
            linked.setdefault(row.client, set()).add(row.account)
        return cls(
            feeds,
            now,
            streams,
            names,
            {owner: frozenset(found) for owner, found in linked.items()},
            frozen_streams(connection),
            watched_since(connection),
        )

    def fault(self, client: int, master: int, table: str, joined: Iterable[str], fresh: int) -> str | None:
        """Why a client's rows of `table`, with facts joined from other tables, cannot be judged; None when they can.

        `master` is the client's PSA account, `fresh` the age in seconds up to which a reading counts.
        """
        found = self._own(client, master, table, fresh)
        for other in sorted(set(joined) - {table}):
            found = found or self._joined(client, master, other, fresh)
        return found

    def too_short(self, client: int, master: int, table: str, window: int | None) -> str | None:
        """Why a client's rows of `table` do not reach back a whole `window` (seconds) yet; None when they do.

        Only backup runs that are built up begin somewhere: with the first reading, or anew after a gap.
        """
        if table != ProtectionRun.table or window is None:
            return None
        for pair in self._wanted(sorted(self.feeds.get(table, ())), client, master):
            since = self.watched.get(pair)
            if since is not None and self.now - since < window:
                day, days = from_seconds(since).strftime("%Y-%m-%d"), -(-window // 86_400)
                name = self.names.get(pair[0], f"account {pair[0]}")
                return f"{name}, {pair[1]}: runs are known since {day}; {days} days are needed"
        return None

    def delivers(self, client: int, master: int, table: str) -> bool:
        """Whether some source that knows this client delivers that table."""
        return bool(self._wanted(sorted(self.feeds.get(table, ())), client, master))

    def reads(
        self, client: int, master: int, table: str, joined: Iterable[str], tellers: Collection[int]
    ) -> tuple[StreamRead, ...]:
        """The streams that `fault` would look at: those of the rows first, then those of what is joined.

        `tellers` are accounts that say more of the rows; those that know the client count too.
        """
        known = frozenset(tellers) & ({master} | self.linked.get(client, frozenset()))
        found: dict[tuple[int, str], None] = {}
        for name in (table, *sorted(set(joined) - {table})):
            feeding = sorted(self.feeds.get(name, ()))
            wanted = self._wanted(feeding, client, master)
            found |= dict.fromkeys(wanted or (feeding if name != table else ()))
            found |= dict.fromkeys(pair for pair in feeding if name == table and pair[0] in known)
        return tuple(self._read(number, stream) for number, stream in found)

    def _read(self, number: int, stream: str) -> StreamRead:
        fact = self.streams.get((number, stream))
        at = None if fact is None else fact.last_ok_at
        return StreamRead(
            account=self.names.get(number, f"account {number}"),
            stream=stream,
            state="new" if fact is None else fact.state,
            read_at=None if at is None else from_seconds(at),
        )

    def account_fault(self, table: str, number: int, fresh: int) -> str | None:
        """Why that account's rows of a table cannot be judged."""
        return self._first_fault(
            (pair for pair in sorted(self.feeds.get(table, ())) if pair[0] == number), fresh
        )

    def _own(self, client: int, master: int, table: str, fresh: int) -> str | None:
        """The rows themselves must come from a source that knows this client."""
        feeding = sorted(self.feeds.get(table, ()))
        if not feeding:
            return f"no source delivers {_PLURAL.get(table, table)}"
        wanted = self._wanted(feeding, client, master)
        if not wanted:
            return f"no source of {_PLURAL.get(table, table)} knows this client"
        return self._first_fault(wanted, fresh)

    def _joined(self, client: int, master: int, table: str, fresh: int) -> str | None:
        """Facts about rows from elsewhere: a client that no such source knows has none of them.

        That is a finding, not a gap, as long as one such source works for the MSP at all.
        """
        feeding = sorted(self.feeds.get(table, ()))
        if not feeding:
            return f"no source delivers {_PLURAL.get(table, table)}"
        wanted = self._wanted(feeding, client, master)
        if wanted:
            return self._first_fault(wanted, fresh)
        by_account: dict[int, list[tuple[int, str]]] = {}
        for number, stream in feeding:
            by_account.setdefault(number, []).append((number, stream))
        faults = [self._first_fault(streams, fresh) for streams in by_account.values()]
        return None if None in faults else faults[0]

    def _wanted(self, feeding: Sequence[tuple[int, str]], client: int, master: int) -> list[tuple[int, str]]:
        """The streams that matter for a client: its master account's, or else those of all accounts that know it."""
        mine = [pair for pair in feeding if pair[0] == master]
        known = self.linked.get(client, frozenset())
        return mine or [pair for pair in feeding if pair[0] in known]

    def _first_fault(self, streams: Iterable[tuple[int, str]], fresh: int) -> str | None:
        for number, stream in streams:
            fault = self._stream_fault(number, stream, fresh)
            if fault is not None:
                return f"{self.names.get(number, f'account {number}')}, {stream}: {fault}"
        return None

    def _stream_fault(self, number: int, stream: str, fresh: int) -> str | None:
        fact = self.streams.get((number, stream))
        if fact is not None and fact.state == UNREADABLE:
            return f"cannot be read ({fact.reason})" if fact.reason else "cannot be read"
        if fact is None or fact.last_ok_at is None:
            return f"never read to the end ({fact.state})" if fact is not None else "never read"
        if fact.last_ok_at < self.now - fresh:
            when = from_seconds(fact.last_ok_at).strftime("%Y-%m-%d %H:%M UTC")
            return f"last read to the end on {when} (now {fact.state})"
        silence = self.frozen.get((number, stream))
        return None if silence is None else silence.said
