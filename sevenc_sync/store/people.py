"""The tables of who may use the console, and of what scripts sign in with."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table, Text

from sevenc_sync.store.base import Serial, metadata

web_user = Table(
    "web_user",
    metadata,  # who may use the console
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),  # in small letters
    Column("role", Text, nullable=False),  # viewer, manager, operator
    Column("password", Text, nullable=False),  # an argon2 hash
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,  # who is signed in
    Column("digest", Text, primary_key=True),  # of the cookie, which nobody keeps
    Column("user", BigInteger, ForeignKey("web_user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)

web_token = Table(
    "web_token",
    metadata,  # what scripts sign in with
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("user", BigInteger, ForeignKey("web_user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # separated by blanks
    Column("created_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
