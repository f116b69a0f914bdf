"""What only some sources tell: whether any of them does, for this client, and whether its reading is fresh."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, Connection, Select, func, select

from sevenc_sync.score.feeds import Sources
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.store.tables import TOLD_OF_DEVICES, account, client, evidence, told_bits

_asset = evidence["asset"]


@dataclass(frozen=True)
class Told:
    """By (table, column) the accounts in which some record says it; and the accounts that are some client's master."""

    accounts: Mapping[tuple[str, str], frozenset[int]]
    masters: frozenset[int]

    @classmethod
    def read(cls, connection: Connection) -> "Told":
        """What records say at all that not every source tells, from a look at each set of such facts that some record has."""
        found: dict[tuple[str, str], set[int]] = {(_asset.name, name): set() for name in TOLD_OF_DEVICES}
        for number, bits in connection.execute(_sets()):
            for place, name in enumerate(TOLD_OF_DEVICES):
                if bits >> place & 1:
                    found[_asset.name, name].add(number)
        masters = connection.execute(select(client.c.account).distinct()).scalars()
        return cls({key: frozenset(numbers) for key, numbers in found.items()}, frozenset(masters))

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


@cache
def _sets() -> Select[int, int]:
    """(account, bits) for each set of facts that some record of an account tells: each is looked for behind the one before."""
    bits = told_bits()

    def next_of(owner: ColumnElement[int], *behind: ColumnElement[bool]) -> ColumnElement[int | None]:
        found = select(func.min(bits)).where(_asset.c.account == owner, _asset.c.gone_at.is_(None), *behind)
        return found.correlate_except(_asset).scalar_subquery()

    sets = select(account.c.id.label("account"), next_of(account.c.id).label("bits")).cte(
        "sets", recursive=True
    )
    sets = sets.union_all(
        select(sets.c.account, next_of(sets.c.account, bits > sets.c.bits)).where(sets.c.bits.is_not(None))
    )
    return select(sets.c.account, sets.c.bits).where(sets.c.bits > 0)
