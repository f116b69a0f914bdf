"""A row source bound to the store: one FROM with its conditions, and what each word of a rule stands for there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Double, FromClause, Select, Table, and_, case, literal, select

from sevenc_sync.score.rules import Rules
from sevenc_sync.score.sources import Source
from sevenc_sync.score.vocabulary import Scope, Sql
from sevenc_sync.score.wordtables import service_flag
from sevenc_sync.store.tables import client

# Beyond this no quantity or time worked is meant; sums of such numbers would overflow on one database only.
_LARGEST = 1e15


@dataclass(frozen=True)
class Bound:
    """A source bound to the store: what to select from, under which conditions, and what each word stands for."""

    source: Source
    from_: FromClause
    where: tuple[Sql, ...]
    client: Sql
    account: Sql
    columns: Mapping[str, Sql]
    flags: Mapping[str, Sql]  # by tag, and by "service " + area
    customs: Mapping[str, Sql]
    table: Sql | None = None  # the evidence table of each row, where rows of several come together
    early: Mapping[str, Sql] | None = None  # as flags, for a row whose words are not looked up yet

    def before_words(self) -> "Bound":
        """The same, for conditions that are to end most rows before their words are looked up."""
        return self if self.early is None else replace(self, flags=self.early)

    def scope(self, rules: Rules, now: int) -> Scope:
        """What the words of a condition stand for here."""
        return Scope(
            source=self.source,
            now=now,
            tags=frozenset(tag for rule in rules.tags for tag in rule.gives),
            areas=frozenset(rules.area_by_slug),
            column=lambda name: self.columns[name],
            tagged=lambda tag: self.flags[tag],
            service=lambda area: self.flags[service_flag(area)],
            custom=lambda name: self.customs[name],
            rpo_hours=lambda default: self._rpo_hours(rules, default),
        )

    def _rpo_hours(self, rules: Rules, default: Sql) -> Sql:
        """The hours of the group that the row's client is in."""
        told = [(group.id, group.rpo_hours) for group in rules.groups if group.rpo_hours is not None]
        if not told:
            return default
        member = client.alias("member")

        def members(name: str) -> Sql:
            if rules.members is not None:
                return self.client.in_(sorted(rules.members.get(name, ())))
            # The list is made once for all rows.
            return self.client.in_(select(member.c.id).where(member.c.grp == name))

        return case(*[(members(name), literal(hours, Double())) for name, hours in told], else_=default)

    def select(self, *columns: Any) -> Select[Any]:
        """A statement over the source's rows."""
        return select(*columns).select_from(self.from_).where(*self.where)


def own_columns(table: Table, source: Source) -> dict[str, Sql]:
    """The source's columns that are the table's own. Numbers too large to be meant are null."""
    found: dict[str, Sql] = {}
    for name, fact in source.columns.items():
        if name not in table.c:
            continue
        own = table.c[name]
        found[name] = case((and_(own >= -_LARGEST, own <= _LARGEST), own)) if fact.kind == "number" else own
    return found
