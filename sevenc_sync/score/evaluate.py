"""Evidence to indicator results, for many clients at once: one statement per row source, no row comes to Python."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counted import UNIT_TABLES
from sevenc_sync.score.counting import all_sums, unit_key
from sevenc_sync.score.decided import Attested, Excepted, read_attested
from sevenc_sync.score.feeds import Feeds, Sources, StreamRead
from sevenc_sync.score.inputs import ClientInputs, Input, Sums, client_result
from sevenc_sync.score.results import WHOLE, ClientResult
from sevenc_sync.score.rollup import Subject
from sevenc_sync.score.rules import Indicator, Rules
from sevenc_sync.score.sources import SOURCES, Source
from sevenc_sync.score.sqlfunctions import said
from sevenc_sync.score.told import Told
from sevenc_sync.score.words import Phrases
from sevenc_sync.score.wordtables import custom_fields
from sevenc_sync.store.tables import client, evidence

_DIGEST_PART = 2**31


@dataclass(frozen=True)
class Evaluation:
    """One snapshot, made ready to score clients: subjects, sums per indicator, and what is known of the sources."""

    rules: Rules
    at: datetime
    subjects: Sequence[Subject]
    sources: Sources
    sums: Mapping[str, Mapping[int, Mapping[str, Any]]]  # by indicator or "per unit", by client
    used_fields: Mapping[
        int, frozenset[str]
    ]  # by account: custom fields that hold something for some company
    binder: Binder
    attested: Attested
    excepted: Excepted
    kept_sums: Mapping[str, Mapping[int, Mapping[str, Any]]]  # as sums, without the records that are excepted
    told: Told
    _faults: dict[tuple[object, ...], dict[str, str | None]] = field(default_factory=dict, init=False)

    def inputs(self, subjects: Iterable[Subject]) -> list[ClientInputs]:
        """What the results of these clients follow from, in their order."""
        return [self._inputs(subject) for subject in subjects]

    def results(self) -> list[ClientResult]:
        """One result per client, by client number."""
        return [client_result(self.rules, self.at, inputs) for inputs in self.inputs(self.subjects)]

    def _inputs(self, subject: Subject) -> ClientInputs:
        # Clients that the same accounts know, and of whom the same is attested, share their faults.
        known = self.sources.linked.get(subject.client, frozenset())
        attested = self.attested.get(subject.client, frozenset())
        faults = self._faults.setdefault((subject.account, known, attested), {})
        is_touched = subject.client in self._touched
        found: dict[str, Input] = {}
        for item in self.rules.indicators:
            name = item.id
            if name not in faults:
                faults[name] = self._fault_found(item, subject)
            excepted, kept = self._excepted(item, subject) if is_touched else (None, None)
            found[name] = Input(
                sums=self.sums[name].get(subject.client),
                fault=self._too_new(item, subject) or faults[name],
                units=None if item.per is None else self._units(item.per, subject),
                excepted=excepted,
                kept=kept,
            )
        return ClientInputs(subject, found)

    @cached_property
    def _touched(self) -> frozenset[int]:
        return self.excepted.clients()

    def _excepted(self, indicator: Indicator, subject: Subject) -> tuple[str | None, Sums | None]:
        if self.excepted.is_whole(subject.client, indicator):
            return WHOLE, None
        number = self.excepted.records.get((subject.client, indicator.id))
        if number is None:
            return None, None
        return str(number), self.kept_sums[indicator.id].get(subject.client)

    def reads(self, indicator: Indicator, subject: Subject) -> tuple[StreamRead, ...]:
        """The streams that the indicator rests on for this client, and when each was last read to the end."""
        if SOURCES[indicator.rows].is_own:
            return ()
        table, joined, _ = self._tables(indicator, subject)
        tellers = self.told.tellers(indicator)
        return self.sources.reads(subject.client, subject.account, table, joined, tellers)

    def source_fault(self, indicator: Indicator, subject: Subject) -> str | None:
        """Why the streams that the indicator rests on tell nothing of this client; None where they do."""
        if SOURCES[indicator.rows].is_own:
            return None
        table, joined, _ = self._tables(indicator, subject)
        return self.sources.fault(subject.client, subject.account, table, joined, indicator.need.fresh)

    def _tables(self, indicator: Indicator, subject: Subject) -> tuple[str, set[str], bool]:
        """The table of the indicator's rows, those that tell it more of them, and whether the rows have words of their own."""
        source = SOURCES[indicator.rows]
        others = {source.columns[name].table for name in indicator.uses.columns} - {None}
        joined = {name for name in others if name is not None}
        if indicator.per is not None:
            joined.add(UNIT_TABLES[indicator.per])
        table, has_words = source.table, source.instead is not None
        if source.instead is not None and not self.sources.delivers(subject.client, subject.account, table):
            table = source.instead
            has_words = table == source.words_of
        elif source.words_of is not None and indicator.uses.tags:
            joined.add(source.words_of)
        return table, joined, has_words

    def _too_new(self, indicator: Indicator, subject: Subject) -> str | None:
        """Looking back behind the day on which the client was found says nothing of rules that do not ask for it."""
        if indicator.need.known and to_seconds(self.at) - subject.since < indicator.need.known:
            return "the client is too new for it"
        return None

    def _fault_found(self, indicator: Indicator, subject: Subject) -> str | None:
        if SOURCES[indicator.rows].is_own:
            return None
        table, joined, has_words = self._tables(indicator, subject)
        fault = self.sources.fault(subject.client, subject.account, table, joined, indicator.need.fresh)
        fault = fault or self.sources.too_short(subject.client, subject.account, table, indicator.window)
        fault = fault or self.told.fault(self.sources, indicator, subject.client, subject.account)
        return fault or self._unused(indicator, subject, has_words=has_words)

    def _unused(self, indicator: Indicator, subject: Subject, *, has_words: bool) -> str | None:
        """Why nothing follows from finding nothing: the MSP writes such things down for no client at all."""
        source, fields, tags = SOURCES[indicator.rows], indicator.uses.customs, indicator.uses.tags
        if fields & self.used_fields.get(subject.account, frozenset()):
            return None
        # An attestation speaks for its own client; of the others nothing follows from it.
        if fields & self.attested.get(subject.client, frozenset()):
            return None
        if has_words and tags and not tags & self.used_tags(source):
            names = ", ".join(sorted(tags))
            return f"none of the {source.name.replace('_', ' ')} is tagged {names}"
        if fields and not (has_words and tags):
            names = ", ".join(sorted(fields))
            name = self.sources.names.get(subject.account, f"account {subject.account}")
            return f"{name} uses no custom field named {names}"
        return None

    def used_tags(self, source: Source) -> frozenset[str]:
        """Tags that words of such rows have anywhere in the store."""
        kinds = [kind for kind in (source.phrase, source.words_of) if kind is not None]
        return frozenset(tag for kind in kinds for tag in self._tags_by_kind[kind])

    @cached_property
    def _tags_by_kind(self) -> Mapping[str, frozenset[str]]:
        # Made once for all clients: matching every phrase takes its time.
        found = {
            kind: frozenset[str]().union(*self.binder.phrases.given(self.rules.tag_matcher, kind).values())
            for kind in self.binder.phrases.by_kind
        }
        return defaultdict(frozenset, found)

    def _units(self, per: str, subject: Subject) -> float | None:
        sums = self.sums[unit_key(per)].get(subject.client)
        return None if sums is None or sums["units"] is None else float(sums["units"])


def evaluate(
    connection: Connection, rules: Rules, now: datetime, feeds: Feeds, clients: Collection[int] | None
) -> Evaluation:
    """Read all that the rules ask of the store, for those clients (None: all active ones)."""
    seconds = to_seconds(now)
    attested = read_attested(connection, seconds, clients)
    excepted = Excepted.read(connection, seconds, clients)
    binder = _binder(connection, rules, seconds, clients, attested)
    few, owners = excepted.narrowed(rules)
    again = replace(binder, rules=few, clients=owners)
    return Evaluation(
        rules=rules,
        at=from_seconds(seconds),
        subjects=_subjects(connection, clients),
        sources=Sources.read(connection, feeds, seconds, clients),
        sums=all_sums(connection, binder),
        used_fields=_used_fields(connection, rules),
        binder=binder,
        attested=attested,
        excepted=excepted,
        kept_sums=all_sums(connection, again, with_exceptions=True) if owners else {},
        told=Told.read(connection),
    )


def binder_of(connection: Connection, rules: Rules, now: datetime, client_id: int) -> Binder:
    """What binds sources to one client's rows, as `evaluate` does."""
    seconds = to_seconds(now)
    return _binder(connection, rules, seconds, [client_id], read_attested(connection, seconds, [client_id]))


def _binder(
    connection: Connection, rules: Rules, now: int, clients: Collection[int] | None, attested: Attested
) -> Binder:
    fields = frozenset[str]().union(*attested.values())
    return Binder(rules, now, Phrases.read(connection), connection.dialect.name, clients, fields)


def _used_fields(connection: Connection, rules: Rules) -> Mapping[int, frozenset[str]]:
    """Custom fields that hold something for some company, by account: a field that nobody fills proves nothing.

    Reading the fields of all companies takes longer than scoring one client; what was found is kept until a company changes.
    """
    if not any(indicator.is_attested for indicator in rules.indicators):
        return {}
    columns = evidence["company"].c
    as_it_is = (
        select(
            columns.account,
            func.count(),
            func.sum(columns.fetched_at),
            # Each version of a record has a digest of its own. Cut short, so that no database's sum overflows.
            func.sum(columns.digest % _DIGEST_PART),
        )
        .where(columns.gone_at.is_(None))
        .group_by(columns.account)
        .order_by(columns.account)
    )
    companies = tuple(tuple(row) for row in connection.execute(as_it_is))
    return rules.statements.get(("used fields", companies), lambda: _fields_in_use(connection))


def _fields_in_use(connection: Connection) -> Mapping[int, frozenset[str]]:
    fields = custom_fields(connection.dialect.name)
    found: dict[int, set[str]] = {}
    statement = select(fields.c.account, fields.c.field).where(said(fields.c.value).is_not(None)).distinct()
    for row in connection.execute(statement):
        found.setdefault(row.account, set()).add(row.field)
    return {number: frozenset(names) for number, names in found.items()}


def _subjects(connection: Connection, clients: Collection[int] | None) -> list[Subject]:
    columns = client.c
    statement = (
        select(columns.id, columns.name, columns.account, columns.company, columns.created_at)
        .where(columns.is_active)
        .order_by(columns.id)
    )
    if clients is not None:
        statement = statement.where(columns.id.in_(sorted(clients)))
    return [
        Subject(row.id, row.name, row.account, row.company, row.created_at)
        for row in connection.execute(statement)
    ]
