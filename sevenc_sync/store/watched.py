"""The tables of how the service itself is: alarms, what followed readings, and how the store grows. Times as in `tables`."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from sevenc_sync.store.base import Serial, metadata

alarm = Table(
    "alarm",
    metadata,  # what a person should know, from its beginning to its end
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # an account's name, a client's number
    Column("text", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told_at", BigInteger),  # when its beginning was sent
    Column("ended_at", BigInteger),
    Column("end_told_at", BigInteger),  # when its end was sent; of one that ended untold, when it ended
    Index(None, "ended_at"),
)

round_ = Table(
    "round",
    metadata,  # what followed readings: matching, scoring and delivery, one after the other
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("links", Integer, nullable=False),  # lines of the ledger that were made or changed
    Column("moved", Integer, nullable=False),  # clients with a level that moved
    Column("planned", Integer, nullable=False),  # notes that became due
    Column("sent", Integer, nullable=False),  # notes that stand at the PSA since then
)

store_size = Table(
    "store_size",
    metadata,  # one row a day
    Column("day", Integer, primary_key=True, autoincrement=False),  # days since 1970-01-01
    Column("bytes", BigInteger, nullable=False),
)

in_force = Table(
    "in_force",
    metadata,  # many machines: the one configuration that counts; one row
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("holder", Text, nullable=False),  # who read it last: host:pid:start of the process
    Column("since", BigInteger, nullable=False),
)

judging = Table(
    "judging",
    metadata,  # many machines: what the scores rest on, and the round that is being scored in parts; one row
    Column("name", Text, primary_key=True),
    Column("rules", Text),  # hash of the rules that clients were scored with last
    Column("scored_at", BigInteger),  # and when
    Column("basis", Text),  # digest of what all scores rest on beside the evidence of their own clients
    Column("all_at", BigInteger),  # when all clients were scored last
    Column("at", BigInteger),  # the clock of the round under way; null: none is
    Column("next_basis", Text),  # what holds once it is over
    Column("next_all_at", BigInteger),
    Column("links", Integer),  # lines of the ledger that matching made or changed before it
    Column("history", BigInteger),  # how far history and outbox had come before it
    Column("outbox", BigInteger),
)

score_part = Table(
    "score_part",
    metadata,  # clients of the round under way that are not scored yet, some to a row
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("clients", Text, nullable=False),  # their numbers, as JSON
    Column("holder", Text),  # who scores them now
    Column("lease_until", BigInteger),
)
