"""Records to rows: integers for times, JSON text for mappings, a phrase id for the words, a digest for the whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from operator import itemgetter
from typing import Any

import msgspec
from msgspec.structs import astuple

from sevenc_sync.clock import EPOCH
from sevenc_sync.model import RECORDS, Record
from sevenc_sync.store.tables import evidence

_MSGPACK = msgspec.msgpack.Encoder()
_JSON = msgspec.json.Encoder(order="deterministic")

Row = tuple[Any, ...]

DAY = 86400  # seconds
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1  # of both databases


def digest64(data: bytes) -> int:
    """A signed 64-bit hash that is the same on every machine."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def phrase_id(kind: str, words: Mapping[str, str | None]) -> int:
    """The id of a combination of words: the same in every store."""
    return digest64(_JSON.encode([kind, dict(words)]))


def _picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]] | None:
    """Takes the values at these places, as a tuple; None for no places."""
    match len(places):
        case 0:
            return None
        case 1:
            return lambda values: (values[places[0]],)
        case _:
            return itemgetter(*places)


@dataclass(slots=True)
class Codec:
    """One kind of record. Keeps the phrases that it has seen, so that each is hashed once.

    `columns` is the order of a row: account, the record's fields (id first), phrase, digest, fetched_at, gone_at.
    """

    record: type[Record]
    columns: tuple[str, ...] = field(init=False)
    company_at: int | None = field(init=False)  # where in a row the company stands
    newest_at: int | None = field(init=False)  # where in a row the source's own time of change stands
    digest_at: int = field(init=False)  # where in a row its digest stands; before it all that the source said
    _nothing: Row = field(init=False)  # for the columns behind the id
    _times: tuple[int, ...] = field(init=False)
    _maps: tuple[int, ...] = field(init=False)
    _whole: tuple[int, ...] = field(init=False)
    _words: Callable[[Sequence[Any]], tuple[Any, ...]] | None = field(init=False)
    phrases: dict[tuple[str | None, ...], int | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        fields = msgspec.structs.fields(self.record)
        names = tuple(item.name for item in fields)
        kinds = {item.name: str(item.type) for item in fields}
        table = evidence[self.record.table]
        self.columns = tuple(table.c.keys())
        if self.columns != ("account", *names, "phrase", "digest", "fetched_at", "gone_at"):
            raise AssertionError(f"the table {table.name} is not in the order of its record")
        own = "id" if self.record.company_is_self else "company"
        self.company_at = 1 + names.index(own) if own in names else None
        stamp = next((name for name in ("updated_at", "at", "raised_at") if name in names), None)
        self.newest_at = 1 + names.index(stamp) if stamp else None
        self.digest_at = self.columns.index("digest")
        self._nothing = (None,) * (len(self.columns) - 2)
        self._times = tuple(i for i, name in enumerate(names) if datetime.__name__ in kinds[name])
        self._maps = tuple(i for i, name in enumerate(names) if "Mapping" in kinds[name])
        self._whole = tuple(i for i, name in enumerate(names) if kinds[name].startswith("int"))
        self._words = _picker([names.index(name) for name in self.record.phrase])

    def row(self, account: int, record: Record, fetched_at: int, digest: int | None = None) -> Row:
        """The record as a row of its table. Without a digest of its source it gets one of its own fields.

        Raises ValueError for a time without a zone and for a number beyond what a database can hold.
        """
        values = list(astuple(record))
        try:
            self._flatten(values)
            if digest is None:
                digest = digest64(_MSGPACK.encode(values))
        except (OverflowError, ValueError) as error:
            raise ValueError(f"{self.record.__name__} {record.id}: {error}") from error
        if self._words is None:
            return (account, *values, None, digest, fetched_at, None)
        words = self._words(values)
        try:
            phrase = self.phrases[words]
        except KeyError:
            phrase = self.phrases[words] = self._phrase(words)
        return (account, *values, phrase, digest, fetched_at, None)

    def unchanged(self, account: int, key: str) -> Row:
        """What stands in a batch for a record that is as the store has it: a row that says nothing but its id."""
        return (account, key, *self._nothing)

    def _flatten(self, values: list[Any]) -> None:
        """Times to seconds and mappings to JSON, in place."""
        try:
            for i in self._times:
                moment = values[i]
                if moment is not None:
                    since = moment - EPOCH  # a third quicker than its timestamp()
                    values[i] = since.days * DAY + since.seconds
        except TypeError as error:  # what subtracting says to a time without a zone
            raise ValueError("a time without a zone") from error
        for i in self._maps:
            if values[i] is not None:
                values[i] = _JSON.encode(values[i]).decode()
        for i in self._whole:
            if values[i] is not None and not MIN_INTEGER <= values[i] <= MAX_INTEGER:
                raise ValueError("a number beyond 64 bits")

    def _phrase(self, words: tuple[str | None, ...]) -> int | None:
        if not any(words):
            return None
        return phrase_id(self.record.table, dict(zip(self.record.phrase, words, strict=True)))

    def phrase_rows(self, known: set[int]) -> list[dict[str, Any]]:
        """Rows for the phrase table: phrases seen whose id is not in `known`."""
        return [
            {
                "id": number,
                "kind": self.record.table,
                "words": _JSON.encode(dict(zip(self.record.phrase, words, strict=True))).decode(),
            }
            for words, number in list(self.phrases.items())  # other threads may add to it
            if number is not None and number not in known
        ]


class _Codecs(dict[str, Codec]):
    """Each is made when it is first asked for: a stream needs one or two."""

    def __missing__(self, table: str) -> Codec:
        return self.setdefault(table, Codec(RECORDS[table]))  # of two threads both get the same one


def codecs() -> dict[str, Codec]:
    """A fresh codec for each kind of record, by table name."""
    return _Codecs()
