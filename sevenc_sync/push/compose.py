"""Texts for what waits in the outbox, written from the scores and the evidence as they are now."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog
from sqlalchemy import Connection

from sevenc_sync.clock import to_seconds
from sevenc_sync.push.choose import core_of, plain
from sevenc_sync.push.content import Move, Note, Reason, Source
from sevenc_sync.push.fields import field_text
from sevenc_sync.push.note import framed
from sevenc_sync.push.policy import Policy
from sevenc_sync.push.since import moves_since, score_causes, ways_of
from sevenc_sync.push.template import TemplateBroken, render, source_text
from sevenc_sync.score import ClientResult, Feeds, IndicatorResult, Rules, Sources, examples, stored_results
from sevenc_sync.store.clients import groups_of
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import AcceptedRisk, exceptions
from sevenc_sync.store.outbox import OutboxRow, cannot_write, last_rows, waiting_rows, write_text
from sevenc_sync.store.plan_items import PlanItem, read_plan_items

VERSION = 2  # of what is made of a note beside the template: another one writes waiting texts anew
EXAMPLE = 40  # characters of a device's name or a ticket's number
BATCH = 100

log = structlog.get_logger("push")


class Drafted(NamedTuple):
    """A row with the text that it is to have; or, without one, why it has none."""

    row: OutboxRow
    text: str
    form: str
    error: str | None


class Writer:
    """Writes texts for one moment, one set of rules and one policy."""

    def __init__(self, rules: Rules, policy: Policy, feeds: Feeds, now: datetime) -> None:
        self.rules = rules
        self.policy = policy
        self.feeds = feeds
        self.now = now

    def form(self, template: Path | None) -> str:
        """Changes with everything but the client that a text is made of. Raises TemplateBroken."""
        made_of = "\0".join(
            (
                source_text(template),
                self.policy.language,
                self.policy.history,
                str(self.policy.zone),
                str(VERSION),
            )
        )
        return hashlib.sha256(made_of.encode()).hexdigest()[:16]

    def note(
        self,
        connection: Connection,
        result: ClientResult,
        sent: OutboxRow | None,
        risks: Sequence[AcceptedRisk],
        plan: dict[str, PlanItem],
        sources: Sources,
    ) -> Note:
        """All that the note on this client says; `sent` is the last one, with which it is compared."""
        core = core_of(result, self.rules, risks, plan)
        moved: dict[str, tuple[Move, IndicatorResult | None]] = {}
        causes: list[tuple[Reason, IndicatorResult]] = []
        if sent is not None and sent.facts is not None:
            moved = moves_since(connection, result, core, self.rules, sent.facts, sent.created_at)
            causes = score_causes(
                connection, result, core, self.rules, sent.facts, sent.created_at, list(moved.values())
            )
        wanted = {step.indicator: True for step in core.steps}
        wanted |= {cause.id: move.direction == "down" for move, cause in moved.values() if cause is not None}
        fell = sent is not None and sent.facts is not None and core.score < sent.facts.score
        wanted |= {cause.id: fell for _, cause in causes}
        named = {
            name: plain(text, EXAMPLE)
            for name, text in examples(connection, self.rules, result.at, result.client, wanted).items()
        }
        core = msgspec.structs.replace(
            core,
            steps=tuple(
                msgspec.structs.replace(step, example=named.get(step.indicator)) for step in core.steps
            ),
        )
        moves = tuple(
            _with_example(move, named.get(cause.id) if cause else None) for move, cause in moved.values()
        )
        has_before = sent is not None and sent.facts is not None
        return Note(
            core=core,
            day=self._day(result.at),
            before_score=sent.facts.score if sent and sent.facts else None,
            before_day=self._day(sent.created_at) if sent and has_before else None,
            moves=moves,
            causes=tuple(
                msgspec.structs.replace(reason, example=named.get(cause.id)) for reason, cause in causes
            ),
            ways=ways_of(result, self.rules, core, moves),
            sources=_sources(sources, result, self.now),
        )

    def text(self, note: Note, reference: str, template: Path | None) -> str:
        """The note's whole text. Raises TemplateBroken."""
        body = render(note, self.policy.language, template)
        return framed(body, reference, self.policy.language, is_living=self.policy.history == "living")

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.policy.zone).date()


def write_texts(store: Store, writer: Writer, clients: Collection[int] | None = None) -> list[str]:
    """Write the text of every waiting row that has none, or one of another form that nobody approved yet.

    Gives what is wrong with templates, each once; the rows that need them have no text and are not sent.
    """
    drafted: list[Drafted] = []
    with store.read() as connection:
        rows = [
            row
            for row in waiting_rows(connection, clients=clients)
            if row.approved_at is None or not row.text
        ]
        drafted += [_fields(row, writer) for row in rows if row.kind == "fields" and not row.text]
        drafted += _notes(connection, writer, [row for row in rows if row.kind == "note"])
    for start in range(0, len(drafted), BATCH):
        with store.write() as connection:
            for item in drafted[start : start + BATCH]:
                if item.error is None:
                    write_text(connection, item.row.id, item.text, item.form)
                else:
                    cannot_write(connection, [item.row.id], item.error)
    wrong = sorted({item.error for item in drafted if item.error is not None})
    for error in wrong:
        log.error("notes cannot be written", detail=error)
    return wrong


def preview(store: Store, writer: Writer, result: ClientResult, reference: str) -> str:
    """The note on this client as it would be now, due or not. Raises TemplateBroken."""
    with store.read() as connection:
        draft = _Draft(connection, writer, [result.client])
        return writer.text(draft.note(connection, result), reference, draft.template(result.client))


class _Draft:
    """What the notes of some clients are made of, read once."""

    def __init__(self, connection: Connection, writer: Writer, clients: Collection[int]) -> None:
        self.writer = writer
        self.groups = groups_of(connection, clients)
        self.plans = read_plan_items(connection, clients)
        self.last = last_rows(connection, clients, "note")
        self.sources = Sources.read(connection, writer.feeds, to_seconds(writer.now), clients)

    def template(self, client: int) -> Path | None:
        return self.writer.policy.template_of(self.groups.get(client))

    def note(self, connection: Connection, result: ClientResult) -> Note:
        risks: list[AcceptedRisk] = []
        if any(item.excepted for item in result.indicators):
            risks = exceptions(connection, owners=[result.client], in_force_at=result.at)
        sent = self.last[result.client].sent
        if sent is not None and sent.company != result.company:
            sent = None
        return self.writer.note(
            connection, result, sent, risks, self.plans.get(result.client, {}), self.sources
        )


def _notes(connection: Connection, writer: Writer, rows: Sequence[OutboxRow]) -> list[Drafted]:
    """The texts of those rows that have none, or one of another form."""
    groups = groups_of(connection, {row.client for row in rows})
    templates = {row.id: writer.policy.template_of(groups.get(row.client)) for row in rows}
    forms = {template: _form_or_fault(writer, template) for template in set(templates.values())}
    found: list[Drafted] = []
    new: list[tuple[OutboxRow, str]] = []
    for row in rows:
        form = forms[templates[row.id]]
        if isinstance(form, TemplateBroken):
            found.append(Drafted(row, "", "", str(form)))
        elif not row.text or row.form != form:
            new.append((row, form))
    if not new:
        return found
    owners = sorted({row.client for row, _ in new})
    draft = _Draft(connection, writer, owners)
    results = stored_results(connection, writer.rules, owners)
    for row, form in new:
        result = results.get(row.client)
        if result is None or result.score is None:
            found.append(Drafted(row, "", "", "The client has no score any more."))
            continue
        try:
            text = writer.text(draft.note(connection, result), row.reference, templates[row.id])
        except TemplateBroken as error:
            found.append(Drafted(row, "", "", str(error)))
        else:
            found.append(Drafted(row, text, form, None))
    return found


def _form_or_fault(writer: Writer, template: Path | None) -> str | TemplateBroken:
    try:
        return writer.form(template)
    except TemplateBroken as error:
        return error


def _fields(row: OutboxRow, writer: Writer) -> Drafted:
    day = row.created_at.astimezone(writer.policy.zone).date()
    if row.facts is None:
        return Drafted(row, "", "", "The row does not say what the fields are to hold.")
    return Drafted(row, field_text(row.facts, day), "fields", None)


def _with_example(move: Move, example: str | None) -> Move:
    if move.reason is None or example is None:
        return move
    return msgspec.structs.replace(move, reason=msgspec.structs.replace(move.reason, example=example))


def _sources(sources: Sources, result: ClientResult, now: datetime) -> tuple[Source, ...]:
    """The accounts that know this client, each with the age of what was read longest ago."""
    known = {result.account} | set(sources.linked.get(result.client, ()))
    ages: dict[int, list[int | None]] = {}
    for number, stream in sorted({pair for pairs in sources.feeds.values() for pair in pairs}):
        if number in known:
            fact = sources.streams.get((number, stream))
            at = None if fact is None else fact.last_ok_at
            ages.setdefault(number, []).append(None if at is None else max(0, to_seconds(now) - at) // 86_400)
    found = []
    for number, days in sorted(ages.items()):
        read = [age for age in days if age is not None]
        oldest = None if not read else max(read)
        found.append(Source(plain(sources.names.get(number, f"account {number}"), 40), oldest))
    return tuple(found)
