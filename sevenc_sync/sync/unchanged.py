"""Records that come again as they came last time are not translated again.

Most of what a whole pass reads is what the store already has, and translating a record costs more than reading it. Each
row keeps a digest of the record that it was made of: of the fields that are read, of the code that reads them, and of
the list entries that the code may look at. Where all of that is the same, so is the row.

That holds only for a translation that looks at nothing else. Streams whose records need their parent or other rows are
always translated; so is a record whose translation has asked what time it is.
"""

import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.model import Lookup
from sevenc_sync.store.bulk import is_empty, known_digests
from sevenc_sync.store.database import Store

# What of ours a row is made by, beside the connector: connectors import nothing else of ours.
_OURS = (
    "sevenc_sync.connect",
    "sevenc_sync.model",
    "sevenc_sync.clock",
    "sevenc_sync.store.codec",
    "sevenc_sync.sync.completed",
    "sevenc_sync.os_support",
)

_SIGN = 2**63  # databases keep 64 bits with a sign
_MSGPACK = msgspec.msgpack.Encoder()
_SORTED = msgspec.msgpack.Encoder(order="deterministic")


class WatchedContext(Context):
    """A context that remembers in `asked` that it was asked for the time."""

    __slots__ = ("_moment", "asked")

    _moment: datetime
    asked: list[datetime]

    def __init__(self, now: datetime, lookups: Mapping[str, Mapping[str, Lookup]]) -> None:
        object.__setattr__(self, "asked", [])
        super().__init__(now=now, lookups=lookups)

    def _tell(self) -> datetime:
        self.asked.append(self._moment)
        return self._moment

    def _set(self, value: datetime) -> None:
        object.__setattr__(self, "_moment", value)

    now = property(_tell, _set)  # reads like the field, and is set by its constructor


class RecordDigests:
    """Digests of one stream's records and of how they are read, with the list entries as they are now."""

    def __init__(self, stream: Stream, lookups: Mapping[str, Mapping[str, Lookup]]) -> None:
        self._seed = int.from_bytes(_translation(stream, lookups)[:8], "big")

    def of(self, wires: Sequence[Any]) -> list[int | None]:
        """Each record's digest, 64 bits with a sign; None where one of them has a number beyond 64 bits."""
        seed, encode = self._seed, _MSGPACK.encode
        try:
            return [(xxh3_64_intdigest(encode(wire), seed) ^ _SIGN) - _SIGN for wire in wires]
        except OverflowError:
            return [None for _ in wires]


class KnownRecords:
    """What the store has of one stream's records, for one pass.

    It may be asked outside the transaction that writes: while a run holds its stream nobody else writes its rows.
    """

    def __init__(
        self, store: Store, stream: Stream, account: int, lookups: Mapping[str, Mapping[str, Lookup]]
    ) -> None:
        self.digests = RecordDigests(stream, lookups)
        self._store = store
        self._account = account
        self._table = stream.records[0].table
        with store.read() as connection:
            self._nothing_yet = is_empty(connection, self._table, account)

    def stored(self, keys: Sequence[str]) -> Mapping[str, int | None]:
        """The digests that the store has for these ids. A backfill asks nothing: there is nothing."""
        if self._nothing_yet or not keys:
            return {}
        with self._store.read() as connection:
            return known_digests(connection, self._table, self._account, keys)


def depends_on_itself_alone(stream: Stream) -> bool:
    """Whether a record of the stream says all by itself, and with list entries, what its row is."""
    return stream.parent is None and not stream.related and not stream.beside


def _translation(stream: Stream, lookups: Mapping[str, Mapping[str, Lookup]]) -> bytes:
    """All that a record's translation depends on beside the record, in few bytes."""
    modules = {stream.wire.__module__, getattr(stream.to_canonical, "__module__", stream.wire.__module__)}
    own = sorted({name.partition(".")[0] for name in modules})
    entries = {
        kind: {key: msgspec.structs.astuple(entry) for key, entry in found.items()}
        for kind, found in lookups.items()
    }
    parts = (
        platform.python_version(),
        msgspec.__version__,
        stream.name,
        [code_digest(name) for name in (*own, *_OURS)],
        entries,
    )
    return sha256(_SORTED.encode(parts)).digest()


@cache
def code_digest(name: str) -> bytes:
    """The digest of a module's source and of the data beside it, or of all of a package's source.

    Changed code means other translations.

    Code without files (typed in, or in an archive) is never the same twice.
    """
    module = sys.modules[name]
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    files: list[Path] = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    if not folders and module.__file__ is not None:
        code = Path(module.__file__)
        files = [file for file in (code, code.with_suffix(".toml")) if file == code or file.exists()]
    whole = sha256()
    try:
        for file in files:
            source = file.read_bytes()
            whole.update(f"{file.name} {len(source)}\n".encode())
            whole.update(source)
    except OSError:
        files = []
    return whole.digest() if files else token_bytes()
