"""The store's tables.

Every time is an integer: seconds since 1970-01-01 UTC. Both databases then compare and subtract times alike, and the
hot path converts no text. Evidence tables are made from the canonical records, so a field has one name everywhere.
"""

import types
import typing
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    case,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from sevenc_sync.model import RECORDS, Record
from sevenc_sync.store.base import Serial, metadata
from sevenc_sync.store.matched import (
    client,
    device_conflict,
    device_link,
    link,
    match_decision,
    match_key,
    match_state,
    undecided,
    unmatched,
)
from sevenc_sync.store.people import web_session, web_token, web_user
from sevenc_sync.store.scored import (
    attestation,
    audit,
    client_score,
    exception,
    indicator_score,
    part_score,
    plan_item,
    rules_pack,
    score_history,
    score_input,
    score_run,
)
from sevenc_sync.store.sent import outbox, push_hold, push_plan
from sevenc_sync.store.watched import alarm, in_force, judging, round_, score_part, store_size

__all__ = [
    "account",
    "alarm",
    "attestation",
    "audit",
    "client",
    "client_score",
    "detail",
    "device_conflict",
    "device_link",
    "dirty",
    "evidence",
    "exception",
    "in_force",
    "indicator_score",
    "judging",
    "link",
    "match_decision",
    "match_key",
    "match_state",
    "metadata",
    "outbox",
    "part_score",
    "phrase",
    "plan_item",
    "push_hold",
    "push_plan",
    "quarantine",
    "round_",
    "rules_pack",
    "run",
    "run_log",
    "score_history",
    "score_input",
    "score_part",
    "score_run",
    "seen",
    "service",
    "store_size",
    "stream_state",
    "undecided",
    "unmatched",
    "watch",
    "web_session",
    "web_token",
    "web_user",
]

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("connector", Text, nullable=False),
    Column("is_stopped", Boolean, nullable=False, default=False),
    Column("reason", Text),  # why it is stopped, for the operator
    Column(
        "secret_digest", Text
    ),  # tells whether the credentials have changed since the stop; not reversible
    Column("changed_at", BigInteger),
    # the limits that were kept when it was last opened; null before
    Column("per_minute", Double),
    Column("at_once", Integer),
    Column("documented_limit", Text),  # the vendor's own, in words
    Column("outages", Text),  # JSON object: those that were told and are not over; null: none
)


def _column_type(annotation: object) -> TypeEngine[typing.Any]:
    """The database type for a record field's annotation (`X` or `X | None`)."""
    options = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    for option in options:
        if option is bool:
            return Boolean()
        if option in (datetime, int):
            return BigInteger()
        if option is float:
            return Double()
    return Text()  # text, and mappings as JSON text


def _evidence(record: type[Record]) -> Table:
    """The table of one kind of record: key (account, id), its fields, and what the store adds to each row."""
    columns: list[Column[typing.Any]] = [
        Column("account", Integer, ForeignKey("account.id"), primary_key=True),
        Column("id", Text, primary_key=True),
    ]
    columns.extend(
        Column(
            field.name,
            _column_type(field.type),
            nullable=not field.required or field.name == "company",
        )
        for field in msgspec.structs.fields(record)
        if field.name != "id"
    )
    columns.append(
        Column("phrase", BigInteger)
    )  # which combination of the MSP's words; null where the kind has none
    columns.append(
        Column("digest", BigInteger, nullable=False)
    )  # of what the row was made of: where that is the same, so is the row
    columns.append(Column("fetched_at", BigInteger, nullable=False))  # when this version was read
    columns.append(Column("gone_at", BigInteger))  # when it was found to be gone upstream
    return Table(record.table, metadata, *columns)


evidence: Mapping[str, Table] = {name: _evidence(record) for name, record in RECORDS.items()}

# Scoring reads by company. Of the two largest tables it finds in the index alone which rows a rule asks for at all.
_ticket, _run = evidence["ticket"].c, evidence["protection_run"].c
_live_ticket = and_(_ticket.gone_at.is_(None), _ticket.merged_into.is_(None))
Index(
    "ix_ticket_to_score",
    _ticket.account,
    _ticket.company,
    _ticket.opened_at,
    _ticket.closed_at,
    _ticket.is_closed,
    _ticket.resolve_due_at,
    _ticket.phrase,
    sqlite_where=_live_ticket,
)
Index(None, _ticket.updated_at)
Index(
    "ix_protection_run_to_score",
    _run.account,
    _run.company,
    _run.at,
    _run.result,
    sqlite_where=_run.gone_at.is_(None),
)
Index(
    None,
    evidence["time_entry"].c.account,
    evidence["time_entry"].c.company,
    evidence["time_entry"].c.started_at,
)
Index(None, evidence["time_entry"].c.account, evidence["time_entry"].c.ticket)  # a ticket's hours
# Facts of devices that only some sources tell, the lowest bit first: what a bit means is fixed by the index below. A store may
# hold many devices of an account that all tell the same; the index finds what they tell without reading them.
TOLD_OF_DEVICES = (
    "last_seen_at",
    "antivirus_present",
    "antivirus_running",
    "antivirus_current",
    "antivirus_updated_at",
    "patches_missing",
    "oldest_patch_at",
    "patches_lesser",
    "is_encrypted",
    "offline_minutes",
    "monitored_minutes",
)


def told_bits() -> ColumnElement[int]:
    """Which of TOLD_OF_DEVICES a row of `asset` tells. An appliance tells of itself alone: no word about a client's devices.

    Constants stand in it as they are, and not as parameters: only then do the databases know it for the index's own.
    """
    asset = evidence["asset"].c
    none = literal_column("0", Integer())
    bits: ColumnElement[int] = none
    for place, name in enumerate(TOLD_OF_DEVICES):
        bits = bits + case((asset[name].is_(None), none), else_=literal_column(str(1 << place), Integer()))
    is_appliance = asset.kind == literal_column("'appliance'", Text())
    return case((is_appliance, none), else_=literal_column("1", Integer())) * bits


Index(
    "ix_asset_told",
    evidence["asset"].c.account,
    told_bits(),
    sqlite_where=evidence["asset"].c.gone_at.is_(None),
)
for _name in ("asset", "contract", "contract_line", "protection", "alert", "project", "phase", "activity"):
    Index(None, evidence[_name].c.account, evidence[_name].c.company)

seen = Table(
    "seen",
    metadata,  # ids met by a pass that tells what is gone; emptied when it ends
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # the evidence table
    Column("id", Text, primary_key=True),
)

detail = Table(
    "detail",
    metadata,  # rows of which a call of their own tells more, for each stream of such calls
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("stream", Text, primary_key=True),  # the stream of the calls
    Column("id", Text, primary_key=True),  # the row's
    Column("kind", Text, nullable=False),  # the row's evidence table
    Column("mark", Text, nullable=False),  # what the row says of it now: another mark asks for another call
    Column("since", BigInteger, nullable=False),  # when that mark came
    Column("read_mark", Text),  # the mark by which it was read; null: not yet, or to be read anew
    Column("tried_at", BigInteger),  # when it was last asked for
    Column("said", Text),  # JSON object: column -> value, as the row keeps it
)

phrase = Table(
    "phrase",
    metadata,
    Column(
        "id", BigInteger, primary_key=True, autoincrement=False
    ),  # hash of kind and words: the same in every store
    Column("kind", Text, nullable=False),  # the record's table
    Column("words", Text, nullable=False),  # JSON object: field name -> the MSP's word
)

dirty = Table(
    "dirty",
    metadata,
    Column("account", Integer, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # the evidence table that changed
)

stream_state = Table(
    "stream_state",
    metadata,
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("state", Text, nullable=False),  # new, ok, partial, failed, unreadable, throttled, stopped
    Column("reason", Text),
    Column("run", BigInteger),  # the run that holds the stream now
    Column("holder", Text),  # host:pid:start of that run's process
    Column("lease_until", BigInteger),
    Column("watermark", BigInteger),  # everything the source changed before this has been read
    Column("token", Text),  # JSON: where an interrupted pass goes on
    Column("last_ok_at", BigInteger),
    Column("last_full_at", BigInteger),
    Column("last_sweep_at", BigInteger),  # when it was last known what is gone at the source
    Column("next_due_at", BigInteger),
    Column("newest_at", BigInteger),  # newest record seen at the source
    Column("failures", Integer, nullable=False, default=0),
)

watch = Table(
    "watch",
    metadata,  # streams whose backup runs are built up from what their protections show at each reading
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),  # from here on no run went by unseen
    Column("looked_at", BigInteger, nullable=False),  # the source's clock at the last reading
)

service = Table(
    "service",
    metadata,  # who works on the store for long, such as the daemon
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),  # host:pid:start of the process
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # when it last said that it is alive
    Column("configuration", Text),  # of many workers: the digest of what each works by
)

run = Table(
    "run",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("trigger", Text, nullable=False),  # schedule, command, demo
    Column("mode", Text, nullable=False),  # full, delta, sweep
    # running, ok, partial, held, failed, unreadable, throttled, stopped, lost
    Column("state", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("cursor_from", BigInteger),
    Column("cursor_to", BigInteger),
    Column("pages", BigInteger, nullable=False, default=0),
    Column("fetched", BigInteger, nullable=False, default=0),
    Column("new", BigInteger, nullable=False, default=0),
    Column("changed", BigInteger, nullable=False, default=0),
    Column("same", BigInteger, nullable=False, default=0),
    Column("held", BigInteger, nullable=False, default=0),  # records put into quarantine
    Column("gone", BigInteger, nullable=False, default=0),
    Column("requests", BigInteger, nullable=False, default=0),
    Column("retries", BigInteger, nullable=False, default=0),
    Column("waited_ms", BigInteger, nullable=False, default=0),
    Column("bytes", BigInteger, nullable=False, default=0),
    # the vendor's own quota as it told it when the account was opened; null where it tells none
    Column("quota_used", BigInteger),
    Column("quota_limit", BigInteger),
    Column("error", Text),  # for the operator: what happened
    Column("action", Text),  # and what to do
    Column("round", BigInteger, index=True),  # what followed it; null: nothing yet; 0: nobody knows any more
    Index(None, "account", "stream", "id"),
)

run_log = Table(
    "run_log",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("run", BigInteger, ForeignKey("run.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("level", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("detail", Text),  # JSON object
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("digest", BigInteger, nullable=False),  # of the bytes: the same bad record is kept once
    Column("run", BigInteger, nullable=False),
    Column("path", Text, nullable=False),  # where in the record the fault is
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    UniqueConstraint("account", "stream", "digest"),
)
