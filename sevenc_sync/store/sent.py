"""The tables of what is to reach a PSA."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, false

from sevenc_sync.store.base import Serial, metadata

outbox = Table(
    "outbox",
    metadata,  # what is to reach a PSA, and what became of it
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False, server_default="note"),  # note, fields, ticket, ticket-note
    Column("subject", Text),  # of tickets and their notes: the plan item's id
    Column("client", Integer, ForeignKey("client.id"), nullable=False),
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("company", Text, nullable=False),
    Column("reference", Text, nullable=False),  # the line that finds our note again
    Column("text", Text, nullable=False),  # empty until it is written, from what is known then
    Column("form", Text),  # which template, language and version the text was written with
    Column("digest", Text, nullable=False),  # of what it says, but for its day
    Column("facts", Text),  # JSON object: the score, the proof and the levels that it tells
    Column("state", Text, nullable=False),  # pending, sent, replaced, edited, failed
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("vendor_id", Text),
    Column("shown", Text),  # a digest of how the vendor shows it: another one later is a person's edit
    Column("outcome", Text),  # created, updated, unchanged; or in a word why not
    Column("approved_at", BigInteger),
    Column("approved_by", Text),
    Column("plan", Text),  # the hash of the plan that was approved
    Column("adopt", Boolean, nullable=False, default=False, server_default=false()),  # over a person's edit
    Column("hold", BigInteger),  # the hold of the brake that a person ended
    Column("not_before", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Index(None, "client", "state"),
)

push_plan = Table(
    "push_plan",
    metadata,  # plans that were shown
    Column("hash", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("entries", Text, nullable=False),  # JSON list of [outbox id, digest of its text]
)

push_hold = Table(
    "push_hold",
    metadata,  # what the brake held, and who let it go
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("reasons", Text, nullable=False),  # JSON list of sentences
    Column("entries", Text, nullable=False),  # JSON list of outbox ids
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Column("ended_why", Text),
)
