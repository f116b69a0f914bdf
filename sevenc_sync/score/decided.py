"""What people decided, as scoring reads it: attested values before custom fields, and records that exceptions leave out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, FromClause, Integer, and_, case, func, literal, not_, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.score.bound import Bound
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sqlfunctions import said, same_order
from sevenc_sync.score.vocabulary import Sql
from sevenc_sync.score.wordtables import custom_fields
from sevenc_sync.store.attestations import attested_in_force
from sevenc_sync.store.exceptions import AcceptedRisk, excepted_in_force, exceptions
from sevenc_sync.store.tables import attestation, client, exception

if TYPE_CHECKING:  # binding binds by way of this module
    from sevenc_sync.score.binding import Binder

# Client -> the fields that somebody attests of it now.
Attested = Mapping[int, frozenset[str]]


def read_attested(connection: Connection, now: int, clients: Collection[int] | None) -> Attested:
    """The fields that are attested at that moment (epoch seconds), by client (None: all)."""
    statement = select(attestation.c.client, attestation.c.field).where(attested_in_force(now)).distinct()
    if clients is not None:
        statement = statement.where(attestation.c.client.in_(sorted(clients)))
    found: dict[int, set[str]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.client, set()).add(row.field)
    return {owner: frozenset(fields) for owner, fields in found.items()}


@dataclass(frozen=True)
class Known:
    """What is known of custom fields, for statements over companies and their clients."""

    typed: FromClause | None  # what the PSA has, one row a client; None where nothing is asked for
    values: Sequence[Sql]  # attested, else as the PSA has it; one for each field

    @classmethod
    def of(cls, binder: "Binder", fields: Sequence[str]) -> "Known":
        """Of these fields (in small letters). A company's fields are read once, whatever their number."""
        if not fields:
            return cls(None, ())
        typed = _typed(binder, fields)
        values = [said(typed.c[f"t{n}"]) for n in range(len(fields))]
        return cls(
            typed,
            # A field that nobody attests for anybody costs no look-up.
            [
                func.coalesce(_attested(name, binder.clock), value) if name in binder.attested else value
                for name, value in zip(fields, values, strict=True)
            ],
        )

    def join(self, from_: FromClause) -> FromClause:
        """The clients with what the PSA has of them."""
        return (
            from_ if self.typed is None else from_.outerjoin(self.typed, self.typed.c.client == client.c.id)
        )


def _typed(binder: "Binder", fields: Sequence[str]) -> FromClause:
    """(client, t0, t1, ...): what the client's company has in each field. Of two fields with one name the greater text counts."""
    pairs = custom_fields(binder.dialect)
    held = (
        select(client.c.id.label("client"), pairs.c.field, same_order(pairs.c.value).label("value"))
        .select_from(
            client.join(pairs, and_(pairs.c.account == client.c.account, pairs.c.company == client.c.company))
        )
        .where(client.c.is_active, pairs.c.field.in_(fields), *binder.of_clients(client.c.id))
        .cte("held")
        .prefix_with("MATERIALIZED")
    )
    columns = [
        func.max(case((held.c.field == name, held.c.value))).label(f"t{n}") for n, name in enumerate(fields)
    ]
    return select(held.c.client, *columns).group_by(held.c.client).subquery("typed")


def _attested(name: str, now: Sql) -> Sql:
    """The newest attestation of that field of the row's client that counts now."""
    found: Sql = (
        select(attestation.c.value)
        .where(attestation.c.client == client.c.id, attestation.c.field == name, attested_in_force(now))
        .order_by(attestation.c.id.desc())
        .limit(1)
        .correlate(client)
        .scalar_subquery()
    )
    return found


@dataclass(frozen=True)
class Excepted:
    """The exceptions in force: what is left out as a whole, and how many records, by client."""

    whole: Mapping[int, frozenset[str]] = field(default_factory=dict)  # areas and indicators
    records: Mapping[tuple[int, str], int] = field(default_factory=dict)  # by client and indicator

    @classmethod
    def read(cls, connection: Connection, now: int, clients: Collection[int] | None) -> "Excepted":
        """Those of these clients (None: all) at that moment (epoch seconds)."""
        return cls.of(exceptions(connection, owners=clients, in_force_at=from_seconds(now)))

    @classmethod
    def of(cls, risks: Iterable[AcceptedRisk]) -> "Excepted":
        """What these exceptions leave out."""
        whole: dict[int, set[str]] = {}
        records: Counter[tuple[int, str]] = Counter()
        for risk in risks:
            if risk.record is None:
                whole.setdefault(risk.client, set()).add(risk.target)
            else:
                records[risk.client, risk.target] += 1
        return cls({owner: frozenset(targets) for owner, targets in whole.items()}, dict(records))

    def clients(self) -> frozenset[int]:
        """Clients of whom something is left out."""
        return frozenset(self.whole) | {owner for owner, _ in self.records}

    def is_whole(self, owner: int, indicator: Indicator) -> bool:
        """Whether the indicator or its area is left out for this client."""
        mine = self.whole.get(owner)
        return mine is not None and not mine.isdisjoint((indicator.id, indicator.area))

    def narrowed(self, rules: Rules) -> tuple[Rules, frozenset[int]]:
        """The indicators of which some client's records are left out, and those clients: what must be counted twice."""
        names = {name for _, name in self.records}
        few = [indicator for indicator in rules.indicators if indicator.id in names]
        owners = frozenset(owner for owner, name in self.records if name in rules.indicator_by_id)
        return rules.with_indicators(few), owners


def without_excepted(
    parts: Mapping[str, Sql], bound: Bound, indicator: Indicator, now: Sql
) -> dict[str, Sql]:
    """The indicator's expressions over all rows but those that an exception in force leaves out."""
    named: Sql = (
        select(literal(1, Integer()))
        .where(
            exception.c.client == bound.client,
            exception.c.target == indicator.id,
            exception.c.account == bound.account,
            exception.c.record == bound.columns["id"],
            excepted_in_force(now),
        )
        .correlate_except(exception)
        .exists()
    )
    if "is_record" in bound.columns:
        # The client's own record stands among the events with an id of another kind.
        named = and_(named, not_(bound.columns["is_record"]))
    kept = dict(parts)
    for key in ("where", "year before"):
        if key in kept:
            kept[key] = and_(kept[key], not_(named))
    return kept


def risks_of(rules: Rules, risks: Iterable[AcceptedRisk], target: str) -> tuple[AcceptedRisk, ...]:
    """Those of a client's exceptions that touch an area or an indicator."""
    area = rules.indicator_by_id[target].area if target in rules.indicator_by_id else target
    return tuple(
        risk for risk in risks if risk.target in (target, area) or risk.target.startswith(f"{target}.")
    )
