"""Why a level is what it is: the number, the way to the next step, and the records behind both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counting import expressions
from sevenc_sync.score.decided import risks_of
from sevenc_sync.score.evaluate import binder_of, evaluate
from sevenc_sync.score.families import unmapped_shares
from sevenc_sync.score.feeds import Feeds, StreamRead
from sevenc_sync.score.fields import Field, fields_of
from sevenc_sync.score.language import custom_calls
from sevenc_sync.score.listing import EvidenceRow, Listing, Records
from sevenc_sync.score.nextlevel import way_of
from sevenc_sync.score.results import WHOLE, IndicatorResult
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.targets import indicators_of
from sevenc_sync.score.vocabulary import field_key
from sevenc_sync.store.attestations import Attestation, attestations
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import AcceptedRisk, exceptions
from sevenc_sync.store.tables import account

# Measures that look at no record but those of their sample.
_OVER_THEIR_SAMPLE = frozenset({"share", "sum_ratio", "per", "count"})
# Measures whose sample are the records that have the value.
_OVER_A_VALUE = frozenset({"number", "age", "document"})


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator of one client with its proof.

    `next_level` and `next_step`: the value that reaches the next level; `how_far`: what is missing to it, in the
    indicator's unit; `rows_far`: how many more rows must be good, for shares; for rhythms, how many more of the last
    intervals must hold an event. `needs` says what brings a level that no step reaches. `rows` are the records that make the value (`rows_total` of them; of a share the good
    ones), `to_fix` those that hold the level down (`to_fix_total`); both lists are cut to a limit. `reads` are the streams
    behind it. `to_attest` are the fields of which somebody's word would make it known; none where it is known already. `missing` names the
    conditions that no record meets, for measures made of several conditions. `unmapped` is the share (0 to 1) of the
    client's rows whose words no rule knows, None where the indicator asks for no words. `attested` is what somebody says in
    place of the custom fields that it reads, `exceptions` are those in force that touch it; records that they name are
    in no list.
    """

    result: IndicatorResult
    rules_hash: str
    why: str
    fix: str
    basis: str
    better: str
    levels: tuple[float, ...]
    next_level: int | None
    next_step: float | None
    how_far: float | None
    rows_far: int | None
    rows: tuple[EvidenceRow, ...]
    rows_total: int
    to_fix: tuple[EvidenceRow, ...]
    to_fix_total: int
    missing: tuple[str, ...]
    unmapped: float | None
    needs: str | None = None
    reads: tuple[StreamRead, ...] = ()
    to_attest: tuple[Field, ...] = ()
    attested: tuple[Attestation, ...] = ()
    exceptions: tuple[AcceptedRisk, ...] = ()


def explain(
    store: Store, rules: Rules, now: datetime, feeds: Feeds, client_id: int, target: str, *, limit: int = 20
) -> list[Explained]:
    """Explain an area (each of its indicators) or one indicator of a client, from the evidence as it is now.

    Raises KeyError for a target that is neither (see find_target), and for a client that is not active.
    """
    return explain_indicators(store, rules, now, feeds, client_id, indicators_of(rules, target), limit=limit)


def explain_indicators(
    store: Store,
    rules: Rules,
    now: datetime,
    feeds: Feeds,
    client_id: int,
    wanted: Collection[str],
    *,
    limit: int = 20,
    only_to_fix: bool = False,
) -> list[Explained]:
    """The same for any indicators by id, from one snapshot, in the rules' order; ids that no rule has are left out.

    With `only_to_fix` what makes the values is not read: `rows` is empty, `rows_total` 0, and `unmapped` None.
    """
    found = [item for item in rules.indicators if item.id in wanted]
    with store.read() as connection:
        evaluation = evaluate(connection, _asked(rules, found), now, feeds, [client_id])
        results = evaluation.results()
        if not results:
            raise KeyError(f"client {client_id}")
        (subject,) = evaluation.subjects
        binder = replace(evaluation.binder, rules=rules)
        by_id = {item.id: item for item in results[0].indicators}
        unmapped = {} if only_to_fix else unmapped_shares(connection, binder, found)
        said = attestations(connection, owner=client_id, in_force_at=now)
        risks = exceptions(connection, owners=[client_id], in_force_at=now)
        fields = fields_of(rules)
        own_records = _OwnRecords(connection, binder, limit, evaluation.sources.names)
        explained = []
        for indicator in found:
            result = by_id[indicator.id]
            # Where a stream is the trouble, nobody's word would make it known.
            is_silent = (
                result.value is None and result.counts and evaluation.source_fault(indicator, subject) is None
            )
            share = unmapped.get(indicator.id)
            way = way_of(indicator, result)
            listing = Listing.of(binder, indicator, without=result.excepted not in (None, WHOLE))
            names = evaluation.sources.names
            is_empty = _is_empty(indicator, evaluation.sums[indicator.id].get(client_id))
            rows = (
                Records()
                if only_to_fix or is_empty
                else listing.records(connection, binder, listing.counted, limit, names)
            )
            if is_empty:
                to_fix = Records()
            elif _is_of_own_record(indicator, result):
                to_fix = own_records.to_fix(listing, evaluation.sums[indicator.id].get(client_id))
            else:
                to_fix = listing.records(connection, binder, listing.to_fix, limit, names)
            explained.append(
                Explained(
                    result=result,
                    rules_hash=rules.hash,
                    why=indicator.why,
                    fix=indicator.fix,
                    basis=indicator.basis,
                    better=indicator.better,
                    levels=indicator.levels,
                    next_level=way.level,
                    next_step=way.step,
                    how_far=way.how_far,
                    rows_far=way.rows_far,
                    needs=way.needs,
                    rows=rows.rows,
                    rows_total=rows.total,
                    to_fix=to_fix.rows,
                    to_fix_total=to_fix.total,
                    missing=listing.missing(connection, binder),
                    unmapped=None if share is None else round(share, 4),
                    reads=evaluation.reads(indicator, subject),
                    to_attest=tuple(fields[key] for key in _read_for_value(indicator)) if is_silent else (),
                    attested=tuple(item for item in said if item.field in indicator.uses.customs),
                    exceptions=risks_of(rules, risks, indicator.id),
                )
            )
        return explained


def _asked(rules: Rules, wanted: Sequence[Indicator]) -> Rules:
    """The rules with at least those indicators, of which statements are kept: those of one area, else all."""
    areas = {item.area for item in wanted}
    # What speaks of all other indicators needs them all.
    if len(areas) != 1 or any(item.measure == "proof" for item in wanted):
        return rules
    return rules.of_area(areas.pop())


@dataclass(frozen=True)
class _OwnRecords:
    """A client's own records that lack a value: the same ones for every indicator that asks nothing else of them."""

    connection: Connection
    binder: Binder
    limit: int
    names: Mapping[int, str]  # of accounts
    found: dict[tuple[object, ...], Records] = field(default_factory=dict)

    def to_fix(self, listing: Listing, sums: Mapping[str, Any] | None) -> Records:
        """Where the one record has the value there is nothing to fix; else all that is meant is."""
        if sums is not None and sums["sample"]:
            return Records()
        asked = listing.indicator
        key = asked.where, asked.window, asked.at, listing.names
        if key not in self.found:
            self.found[key] = listing.records(
                self.connection, self.binder, listing.to_fix, self.limit, self.names
            )
        return self.found[key]


def _is_of_own_record(indicator: Indicator, result: IndicatorResult) -> bool:
    """Whether the value is one that the client's own record has or lacks, and no exception leaves that record out."""
    return (
        indicator.rows == "companies"
        and indicator.measure in _OVER_A_VALUE
        and result.excepted in (None, WHOLE)
    )


def _is_empty(indicator: Indicator, sums: Mapping[str, Any] | None) -> bool:
    """Whether counting found that there is no record to list, neither one that counts nor one to fix."""
    return indicator.measure in _OVER_THEIR_SAMPLE and (sums is None or not sums["sample"])


def _read_for_value(indicator: Indicator) -> list[str]:
    """The fields that make it known: those of `of`, where further ones only raise the level."""
    own = {field_key(name) for _, name in custom_calls(indicator.of or "true")}
    return sorted(own or indicator.uses.customs)


def is_counted(
    store: Store, rules: Rules, now: datetime, client_id: int, name: str, account_name: str, record: str
) -> bool:
    """Whether a record is among the rows that an indicator looks at for a client, whatever is excepted."""
    indicator = rules.indicator_by_id[name]
    with store.read() as connection:
        bound = binder_of(connection, rules, now, client_id).bind(indicator.rows, indicator.uses)
        parts = expressions(indicator, bound, rules, to_seconds(now))
        source = select(account.c.id).where(account.c.name == account_name).scalar_subquery()
        found = bound.select(func.count()).where(
            parts["where"], bound.account == source, bound.columns["id"] == record
        )
        return bool(connection.execute(found).scalar_one())
