"""The tables of matching: whose a company is, and which records are one device."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from sevenc_sync.store.base import Serial, metadata

client = Table(
    "client",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column(
        "account", Integer, ForeignKey("account.id"), nullable=False
    ),  # the PSA account that is its master
    Column("company", Text, nullable=False),  # and that account's company
    Column("is_active", Boolean, nullable=False, default=True),
    Column("seats", Integer),
    Column("grp", Text),  # the id of its [[group]] in the rules; null: none
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account", "company"),
)

link = Table(
    "link",
    metadata,
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("company", Text, primary_key=True),
    Column("client", Integer, ForeignKey("client.id"), index=True),  # null unless it is linked
    Column("state", Text, nullable=False),  # linked, review, ignored
    Column("method", Text, nullable=False),  # master, external-id, name, renamed, own, catch-all, operator
    Column("detail", Text),  # which ids or names were equal, or why it waits
    Column("at", BigInteger, nullable=False),  # since when state, method and client are so
    Column("confidence", Double),  # 0 to 1; null: it waits
    Column("by", Text),  # the person who decided; null: matching did
    Column("name", Text),  # the company's name when it was last looked at: tells a rename
)

match_decision = Table(
    "match_decision",
    metadata,  # what people say of companies and devices: rows are added and ended, never changed otherwise
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # company or device
    Column("verdict", Text, nullable=False),  # link, unlink, ignore, never; of devices same, differ
    Column("account", Integer, ForeignKey("account.id"), nullable=False),
    Column("record", Text, nullable=False),  # the company's id, or KIND:ACCOUNT:ID of a device's record
    Column("client", Integer, ForeignKey("client.id")),  # of link and never
    Column("other", Text),  # of same and differ: the other record
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("note", Text),
    Column("batch", BigInteger),  # the id of the first one of those that were made at once
    Column("before", Text),  # JSON object: the ledger's line before it; null: there was none
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Column("replaced_by", BigInteger),  # the decision that ended it; null while in force and once undone
    Index(None, "account", "record"),
)

undecided = Table(
    "undecided",
    metadata,  # companies that have changed since it was last decided whose they are
    Column("account", Integer, primary_key=True),
    Column("company", Text, primary_key=True),
)

match_key = Table(
    "match_key",
    metadata,  # what companies have in common with others: two that share no key, not even over a third, are strangers
    Column("account", Integer, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("key", Text, primary_key=True, index=True),  # see match/nearby.py
)

match_state = Table(
    "match_state",
    metadata,  # what matching rested on besides the records
    Column("kind", Text, primary_key=True),  # company or device
    Column("basis", Text, nullable=False),  # when it went through all records
    Column("at", BigInteger, nullable=False),  # when it ran last
)

unmatched = Table(
    "unmatched",
    metadata,  # companies whose evidence has changed since its devices were looked at
    Column("account", Integer, primary_key=True),
    Column("company", Text, primary_key=True),
)

device_link = Table(
    "device_link",
    metadata,
    Column("kind", Text, primary_key=True),  # asset or protection
    Column("account", Integer, ForeignKey("account.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("client", Integer, ForeignKey("client.id"), nullable=False, index=True),
    Column("device", Text, nullable=False),  # the same text on all records of one device of one client
    Column("method", Text, nullable=False),  # serial, mac, host-name, operator, alone
    Column("detail", Text),  # the serial, address or name that was equal
    Column("confidence", Double),  # 0 to 1; null: alone
    Column("is_stale", Boolean, nullable=False, default=False, server_default=false()),  # an old record
    Column("serial", Text, index=True),  # folded; null where the record has none that tells machines apart
    Column("at", BigInteger),  # since when device and method are so
    Index(None, "client", "device"),
)

device_conflict = Table(
    "device_conflict",
    metadata,  # records that may be one device, and why matching does not say so
    Column("client", Integer, ForeignKey("client.id"), primary_key=True),
    Column("kind", Text, primary_key=True),  # serial, mac, host-name
    Column("value", Text, primary_key=True),
    Column("detail", Text, nullable=False),
    Column("records", Text, nullable=False),  # JSON list of KIND:ACCOUNT:ID
    Column("at", BigInteger, nullable=False),
)
