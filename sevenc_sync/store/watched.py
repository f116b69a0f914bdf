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
