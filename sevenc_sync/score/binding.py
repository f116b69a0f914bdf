"""Row sources as SQL: the evidence of clients, with the columns that rules may name.

Every source comes out as one FROM with its conditions, so that all indicators over it are counted in one statement and the
rows behind a number are the very rows that were counted.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    CursorResult,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
)

from sevenc_sync.clock import from_seconds
from sevenc_sync.score.bound import Bound, own_columns
from sevenc_sync.score.decided import Known
from sevenc_sync.score.devicebinding import assets, is_protection_of
from sevenc_sync.score.rules import Rules
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.score.vocabulary import DAY, Sql, Uses, clock
from sevenc_sync.score.words import Phrases
from sevenc_sync.score.wordtables import Flags, WordsTable, client_numbers, flag_names
from sevenc_sync.score.workbinding import events, plan_items, projects, tickets, time_entries
from sevenc_sync.store.tables import client, device_link, evidence, link

_company, _ticket, _asset = evidence["company"], evidence["ticket"], evidence["asset"]
_contract, _line = evidence["contract"], evidence["contract_line"]
_protection = evidence["protection"]


@dataclass(frozen=True)
class Binder:
    """Binds sources for one moment, one set of rules and some clients (None: all)."""

    rules: Rules
    now: int
    phrases: Phrases
    dialect: str
    clients: Collection[int] | None
    attested: frozenset[str] = frozenset()  # fields that somebody attests of some client
    words: dict[str, WordsTable] = field(default_factory=dict)  # tables of words that were bound, by name

    @property
    def clock(self) -> Sql:
        """The clock as statements get it."""
        return clock(self.now)

    @property
    def _asked(self) -> str:
        return msgspec.json.encode(sorted(self.clients or ())).decode()

    def parameters(self, words: Mapping[str, WordsTable]) -> dict[str, Any]:
        """What a kept statement must be told: the clock, the clients, and the phrases of its tables of words."""
        return {
            "now": self.now,
            "this_year": float(from_seconds(self.now).year),
            "clients": self._asked,
            **{name: table.rows(self.rules, self.phrases) for name, table in words.items()},
        }

    def run(
        self, connection: Connection, key: Hashable, make: Callable[["Binder"], Select[Any]]
    ) -> CursorResult[*tuple[Any, ...]]:
        """The rows of the statement that `make` builds; it is built once for these rules and kept under the key.

        The key must name all but the dialect and whether clients are asked for that the statement follows from.
        """

        def made() -> tuple[Select[Any], Mapping[str, WordsTable]]:
            fresh = replace(self, words={})
            return make(fresh), fresh.words

        statement, words = self.rules.statements.get((key, self.dialect, self.clients is None), made)
        return connection.execute(statement, self.parameters(words))

    def bind(self, name: str, uses: Uses) -> Bound:
        """The source with at least the columns, tags, services and custom fields of `uses`."""
        return _BINDERS[name](self, SOURCES[name], uses)

    def of_clients(self, owner: Sql) -> list[Sql]:
        """The condition that a row is of a client that is asked for; none where all are."""
        if self.clients is None:
            return []
        wanted = client_numbers(self._asked, self.dialect)
        return [owner.in_(select(wanted.c.value))]

    def linked(self, table: Table) -> tuple[FromClause, list[Sql]]:
        """The table's rows that belong to a client."""
        joined = table.join(
            link,
            and_(
                link.c.account == table.c.account, link.c.company == table.c.company, link.c.state == "linked"
            ),
        ).join(client, client.c.id == link.c.client)
        return joined, [client.c.is_active, table.c.gone_at.is_(None), *self.of_clients(link.c.client)]

    def flags(self, table: Table, source: Source, names: Collection[str]) -> Flags:
        """The table's rows with their tags and services of those names."""
        flags = Flags.of(self.rules, self.phrases, self.dialect, table, source, names)
        if flags.words is not None:
            self.words[flags.words.name] = flags.words
        return flags

    def simple(self, source: Source, uses: Uses) -> Bound:
        """A source that is one table as it is."""
        table = evidence[source.table]
        from_, where = self.linked(table)
        flags = self.flags(table, source, flag_names(uses))
        return Bound(
            source=source,
            from_=flags.join(from_),
            where=tuple(where),
            client=link.c.client,
            account=table.c.account,
            columns=own_columns(table, source),
            flags=flags.by_name,
            customs={},
            early=flags.early,
        )

    def companies(self, source: Source, uses: Uses) -> Bound:
        """The clients' master records. Custom fields are read once per row, before anything asks for them."""
        flags = self.flags(_company, source, flag_names(uses))
        from_ = flags.join(
            _company.join(
                client, and_(client.c.account == _company.c.account, client.c.company == _company.c.id)
            )
        )
        columns = own_columns(_company, source) | {"seats": func.coalesce(client.c.seats, _company.c.seats)}
        fields = sorted(uses.customs)
        known = Known.of(self, fields)
        inner = (
            select(
                client.c.id.label("client"),
                _company.c.account.label("account"),
                *[value.label(f"c_{name}") for name, value in columns.items()],
                *[value.label(f"f_{name}") for name, value in flags.by_name.items()],
                *[value.label(f"x{n}") for n, value in enumerate(known.values)],
            )
            .select_from(known.join(from_))
            .where(client.c.is_active, _company.c.gone_at.is_(None), *self.of_clients(client.c.id))
            .cte("own")
            .prefix_with("MATERIALIZED")
        )
        return Bound(
            source=source,
            from_=inner,
            where=(),
            client=inner.c.client,
            account=inner.c.account,
            columns={name: inner.c[f"c_{name}"] for name in columns},
            flags={name: inner.c[f"f_{name}"] for name in flags.by_name},
            customs={name: inner.c[f"x{n}"] for n, name in enumerate(fields)},
        )

    def protections(self, source: Source, uses: Uses) -> Bound:
        """Protected machines, with whether the PSA knows the same device."""
        from_, where = self.linked(_protection)
        flags = self.flags(_protection, source, flag_names(uses))
        from_ = flags.join(from_)
        columns = own_columns(_protection, source)
        if "in_psa" in uses.columns:
            columns["in_psa"] = _in_psa()
        return Bound(
            source=source,
            from_=from_,
            where=(*where, not_(func.coalesce(_protection.c.is_archived, False)), not_(_left_behind())),
            client=link.c.client,
            account=_protection.c.account,
            columns=columns,
            flags=flags.by_name,
            customs={},
            early=flags.early,
        )

    def contracts(self, source: Source, uses: Uses) -> Bound:
        """Contracts, with whether each is in force at the clock."""
        bound = self.simple(source, uses)
        columns = dict(bound.columns) | {"in_force": _in_force(_contract, self.clock)}
        return _with_columns(bound, bound.from_, columns)

    def contract_lines(self, source: Source, uses: Uses) -> Bound:
        """Lines, each with its contract. A line whose contract is not there is not in force."""
        bound = self.simple(source, uses)
        from_ = bound.from_.outerjoin(
            _contract,
            and_(
                _contract.c.account == _line.c.account,
                _contract.c.id == _line.c.contract,
                _contract.c.gone_at.is_(None),
            ),
        )
        begun = and_(
            func.coalesce(_line.c.starts_on, 0) <= self.clock,
            func.coalesce(_line.c.cancelled_on, self.clock + 1) > self.clock,
        )
        columns = dict(bound.columns) | {
            "contract": _line.c.contract,
            "contract_name": _contract.c.name,
            "contract_type": _contract.c.type,
            "in_force": and_(_contract.c.id.is_not(None), _in_force(_contract, self.clock), begun),
        }
        return _with_columns(bound, from_, columns)


_BINDERS: Mapping[str, Callable[[Binder, Source, Uses], Bound]] = {
    "companies": Binder.companies,
    "tickets": tickets,
    "time_entries": time_entries,
    "projects": projects,
    "phases": Binder.simple,
    "plan_items": plan_items,
    "activities": Binder.simple,
    "events": events,
    "assets": assets,
    "contracts": Binder.contracts,
    "contract_lines": Binder.contract_lines,
    "protections": Binder.protections,
    "protection_runs": Binder.simple,
    "alerts": Binder.simple,
}


def _with_columns(bound: Bound, from_: FromClause, columns: Mapping[str, Sql]) -> Bound:
    return replace(bound, from_=from_, columns=columns)


def _in_force(table: Table, now: Sql) -> Sql:
    """Whether a contract holds at the clock. Its last day is a day: it holds until that day is over."""
    return and_(
        func.coalesce(table.c.is_active, True),
        func.coalesce(table.c.starts_on, 0) <= now,
        or_(table.c.ends_on.is_(None), table.c.ends_on > now - DAY),
        func.coalesce(table.c.cancelled_on, now + 1) > now,
    )


def _left_behind() -> Sql:
    """Whether the protection's own source has a newer one of the same device: a machine set up anew counts once."""
    mine = device_link.alias("left")
    found = select(literal(1, Integer())).where(is_protection_of(mine), mine.c.is_stale)
    return found.correlate(_protection, link).exists()


def _in_psa() -> Sql:
    """Whether the client's master account has a record of the protection's device.

    Asked row by row: each question is a few look-ups by key, whatever the database thinks of its statistics.
    """
    theirs, recorded, record = (
        device_link.alias("theirs"),
        device_link.alias("recorded"),
        _asset.alias("record"),
    )
    return (
        select(literal(1, Integer()))
        .select_from(
            theirs.join(
                recorded,
                and_(
                    recorded.c.client == theirs.c.client,
                    recorded.c.device == theirs.c.device,
                    recorded.c.kind == "asset",
                    recorded.c.account == client.c.account,
                ),
            ).join(record, and_(record.c.account == recorded.c.account, record.c.id == recorded.c.id))
        )
        .where(is_protection_of(theirs), record.c.gone_at.is_(None))
        .correlate(_protection, link, client)
        .exists()
    )
