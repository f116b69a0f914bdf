"""The tables of scores, of their history, and of what people decided about them. Times as in `tables`.

Where exceptions are in force there are two numbers: `level` and `score` leave out what was excepted, `level_without` and
`score_without` are those without any exception. Both are always filled; without an exception they are equal.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from sevenc_sync.store.base import Serial, metadata

score_run = Table(
    "score_run",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),  # the clock that the score was computed for
    Column("rules_hash", Text, nullable=False),
    Column("clients", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("version", Text),  # the program's version
    Column("scope", Text),  # JSON list of ranges of the clients that were scored; null: no longer kept
    Column("digest", Text),  # of all their results: what a replay must come to; null: the run did not end
)

rules_pack = Table(
    "rules_pack",
    metadata,  # every set of rules that a score was computed with
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # JSON, compressed
    Column("first_at", BigInteger, nullable=False),
)

client_score = Table(
    "client_score",
    metadata,
    Column("client", Integer, ForeignKey("client.id"), primary_key=True),
    Column(
        "score_run", BigInteger, ForeignKey("score_run.id"), nullable=False
    ),  # the run that last changed it
    Column("at", BigInteger, nullable=False),
    Column("rules_hash", Text, nullable=False),
    Column("score", Double),  # 0 to 100; null while nothing is known
    Column("score_without", Double),
    Column("proof", Double, nullable=False),  # share of indicators with fresh evidence, 0 to 1
    Column("is_provisional", Boolean, nullable=False),
    Column("digest", Text),  # of this row and all parts and indicators; null: written before there was one
)

part_score = Table(
    "part_score",
    metadata,
    Column("client", Integer, ForeignKey("client.id"), primary_key=True),
    Column("slug", Text, primary_key=True),  # of a block or an area
    Column("kind", Text, nullable=False),  # block or area
    Column("level", Double),  # 0 to 5; null: unknown
    Column("level_without", Double),
    Column("proof", Double, nullable=False),
    Column("is_provisional", Boolean, nullable=False),
    Column("cap", Text),  # what holds the level down: a gate's indicator id, or "attestation"
)

indicator_score = Table(
    "indicator_score",
    metadata,
    Column("client", Integer, ForeignKey("client.id"), primary_key=True),
    Column("indicator", Text, primary_key=True),
    Column("value", Double),
    Column("sample", BigInteger, nullable=False),  # rows that the value rests on
    Column("good", BigInteger),  # of them good, where the measure counts good rows
    Column("level", Double),  # null: unknown
    Column("level_without", Double),
    Column("reason", Text),  # why it is unknown
    Column("excepted", Text),  # "whole", or how many records an exception leaves out; null: none
    Column("is_low_sample", Boolean, nullable=False),
    Column("is_attested", Boolean),  # rests on somebody's word alone; null: scored before this was kept
)

score_input = Table(
    "score_input",
    metadata,  # what the evidence said in a run, as far as it was other than before: enough to compute the run again
    Column("client", Integer, ForeignKey("client.id"), primary_key=True),
    Column("score_run", BigInteger, ForeignKey("score_run.id"), primary_key=True),
    Column(
        "is_whole", Boolean, nullable=False
    ),  # all indicators; else what to put back to come here from a newer row
    Column("body", LargeBinary, nullable=False),  # JSON, compressed
)

score_history = Table(
    "score_history",
    metadata,  # one row per change, not per run
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("client", Integer, ForeignKey("client.id"), nullable=False),
    Column("kind", Text, nullable=False),  # client, block, area or indicator
    Column("slug", Text, nullable=False),  # empty for the client itself
    Column("at", BigInteger, nullable=False),
    Column("score_run", BigInteger, ForeignKey("score_run.id"), nullable=False),
    Column("rules_hash", Text, nullable=False),
    Column("level", Double),  # a score of 0 to 100 for the client, else a level of 0 to 5; null: unknown
    Column("level_without", Double),
    Column("proof", Double),  # null for indicators
    Column("reason", Text),  # why it is unknown
    Index(None, "client", "kind", "slug", "id"),
)
_of_clients = score_history.c.kind == "client"
Index("ix_score_history_scores", score_history.c.at, sqlite_where=_of_clients)

attestation = Table(
    "attestation",
    metadata,  # rows are added and ended, never changed otherwise
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("client", Integer, ForeignKey("client.id"), nullable=False),
    Column("field", Text, nullable=False),  # as rules find it: trimmed, small letters
    Column("label", Text, nullable=False),  # as it was typed
    Column("value", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger),  # counts as absent from then on; null: no end
    Column("link", Text),
    Column("note", Text),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Index(None, "client", "field"),
)

exception = Table(
    "exception",
    metadata,  # rows are added and ended, never changed otherwise
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("client", Integer, ForeignKey("client.id"), nullable=False, index=True),
    Column("target", Text, nullable=False),  # an area's slug or an indicator's id
    Column("account", Integer, ForeignKey("account.id")),  # with `record`: one record of the indicator's rows
    Column("record", Text),  # null: the whole target
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("link", Text),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
)

plan_item = Table(
    "plan_item",
    metadata,
    Column("id", Text, primary_key=True),  # made of client and indicator: the same in every run
    Column("client", Integer, ForeignKey("client.id"), nullable=False),
    Column("indicator", Text, nullable=False),
    Column("state", Text, nullable=False),  # open, accepted, done, risk
    Column("reason", Text),
    Column("by", Text),
    Column("owner", Text),
    Column("due_at", BigInteger),
    Column("until", BigInteger),  # of an accepted risk
    Column("first_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("ticket", Text),  # the number of the ticket in the PSA, once there is one
    UniqueConstraint("client", "indicator"),
)

audit = Table(
    "audit",
    metadata,  # append-only: triggers refuse everything else
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),  # such as attest, except-end, plan-accept
    Column("client", Integer, ForeignKey("client.id")),
    Column("subject", Text, nullable=False),
    Column("detail", Text),  # JSON object
    Index(None, "client", "id"),
)
