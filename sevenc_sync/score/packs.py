"""Every set of rules that a score was computed with, kept by its hash: a score can be computed again with its own rules."""

import zlib
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.rules import Rules
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.tables import rules_pack


def packed(rules: Rules) -> bytes:
    """The rules as compressed JSON."""
    return zlib.compress(msgspec.json.encode(rules, order="deterministic"))


def unpacked(body: bytes) -> Rules:
    """The rules again. Raises msgspec.ValidationError for rules of another version whose shape is another."""
    return msgspec.json.decode(zlib.decompress(body), type=Rules)


def keep_pack(connection: Connection, rules: Rules, now: datetime) -> None:
    """Keep the rules, unless rules of that hash are kept."""
    known = select(rules_pack.c.hash).where(rules_pack.c.hash == rules.hash)
    if connection.execute(known).first() is None:
        values = {"hash": rules.hash, "body": packed(rules), "first_at": to_seconds(now)}
        insert_missing(
            connection, rules_pack, [values]
        )  # another worker may begin with them at the same moment


def load_pack(connection: Connection, rules_hash: str) -> Rules | None:
    """The rules of that hash; None when they are not kept. Raises msgspec.ValidationError as `unpacked`."""
    body = connection.execute(select(rules_pack.c.body).where(rules_pack.c.hash == rules_hash)).scalar()
    return None if body is None else unpacked(body)
