"""What only some sources tell: whether any of them does, for this client, and whether its reading is fresh."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from sevenc_sync.score.feeds import Sources
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.store.tables import client, evidence

# An appliance tells of itself alone: that is no word about the devices of a client.
_OF_ITSELF = "appliance"


@dataclass(frozen=True)
class Told:
    """By (table, column) the accounts in which some record says it; and the accounts that are some client's master."""

    accounts: Mapping[tuple[str, str], frozenset[int]]
    masters: frozenset[int]

    @classmethod
    def read(cls, connection: Connection, indicators: Iterable[Indicator]) -> "Told":
        """Look for each column that these indicators ask for and that not every source tells: one pass a table."""
        wanted: dict[str, set[str]] = {}
        for indicator in indicators:
            source = SOURCES[indicator.rows]
            names = {name for name in indicator.uses.columns if source.columns[name].told is not None}
            if names:
                wanted.setdefault(source.table, set()).update(names)
        found: dict[tuple[str, str], frozenset[int]] = {}
        for table_name, columns in sorted(wanted.items()):
            table, names_in_order = evidence[table_name], sorted(columns)
            statement = (
                select(
                    table.c.account,
                    *[func.count(table.c[name]) for name in names_in_order],
                )
                .where(table.c.gone_at.is_(None), func.coalesce(table.c.kind, "") != _OF_ITSELF)
                .group_by(table.c.account)
            )
            rows = connection.execute(statement).all()
            for n, name in enumerate(names_in_order, start=1):
                found[table_name, name] = frozenset(row[0] for row in rows if row[n])
        masters = connection.execute(select(client.c.account).distinct()).scalars()
        return cls(found, frozenset(masters))

    def tellers(self, indicator: Indicator) -> frozenset[int]:
        """The accounts that tell what the indicator asks for and not every source tells."""
        table = SOURCES[indicator.rows].table
        return frozenset[int]().union(
            *(self.accounts.get((table, name), frozenset()) for name in indicator.uses.columns)
        )

    def fault(self, sources: Sources, indicator: Indicator, owner: int, master: int) -> str | None:
        """Why nothing follows from what the indicator asks for; None where something does."""
        source = SOURCES[indicator.rows]
        by_fact: dict[str, set[int]] = {}
        for name in indicator.uses.columns:
            fact = source.columns[name].told
            if fact is not None:
                by_fact.setdefault(fact, set()).update(self.accounts.get((source.table, name), ()))
        read = {number for number, _ in sources.feeds.get(source.table, ())}
        for fact, tellers in sorted(by_fact.items()):
            fault = self._of_fact(sources, source, fact, tellers & read, owner, master, indicator.need.fresh)
            if fault is not None:
                return fault
        return None

    def _of_fact(
        self,
        sources: Sources,
        source: Source,
        fact: str,
        tellers: set[int],
        owner: int,
        master: int,
        fresh: int,
    ) -> str | None:
        if not tellers:
            return f"no source says {fact}"
        mine = tellers & ({master} | sources.linked.get(owner, frozenset()))
        # Another client's PSA says nothing about this one. A tool that works and does not know this client does.
        asked = mine or tellers - self.masters
        if not asked:
            return f"no source of this client says {fact}"
        faults = [sources.account_fault(source.table, number, fresh) for number in sorted(asked)]
        if mine:
            return next((fault for fault in faults if fault is not None), None)
        return None if None in faults else faults[0]
