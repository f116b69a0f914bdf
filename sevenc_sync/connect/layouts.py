"""Where the records are in an answer: layouts that vendors have in common."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.pages import Malformed


class Layout(Protocol):
    """Where in an answer the records are."""

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """The records' own bytes and the envelope's other fields. Raises Malformed, ContractChanged."""
        ...


_ANY_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_PLACE = re.compile("[0-9]{1,9}")


def _first_byte(body: bytes) -> bytes:
    return body[:64].lstrip()[:1]


def _array(body: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _ARRAY.decode(body)
    except msgspec.ValidationError as error:
        raise ContractChanged(
            "The answer holds no list of records where one belongs.", detail=str(error)
        ) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error


def _object(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _ANY_OBJECT.decode(body)
    except msgspec.ValidationError as error:
        raise ContractChanged("The answer is no object with named keys.", detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error


@dataclass(frozen=True, slots=True)
class BareArray:
    """The answer is the list itself."""

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        if _first_byte(body) == b"{":
            raise ContractChanged("The answer is one object where a list of records was expected.")
        return _array(body), {}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The list stands under `items` of an object; the other keys describe the page."""

    items: str

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        fields = _object(body)
        if self.items not in fields:
            known = ", ".join(sorted(fields)[:8]) or "no keys"
            raise ContractChanged(f"The answer has no {self.items!r} (it has {known}).")
        rows = _array(fields.pop(self.items))
        return rows, {name: msgspec.json.decode(value) for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class OneRecord:
    """The answer is one record: an object with at least one of these keys."""

    keys: tuple[str, ...]

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        fields = _object(body)
        if not fields.keys() & set(self.keys):
            known = ", ".join(sorted(fields)[:8]) or "no keys"
            raise ContractChanged(f"The answer has none of {', '.join(self.keys)} (it has {known}).")
        return [msgspec.Raw(body)], {}


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A vendor that answers one question in several shapes: a list, {items: list}, or an object numbered from "0"."""

    items: str

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout. A shape that is none of the three is ContractChanged, never "no records"."""
        if _first_byte(body) == b"[":
            return _array(body), {}
        fields = _object(body)
        if self.items in fields:
            return Envelope(self.items).split(body)
        if all(_PLACE.fullmatch(name) for name in fields):
            return [fields[name] for name in sorted(fields, key=int)], {}
        known = ", ".join(sorted(fields)[:8])
        raise ContractChanged(f"The answer has a shape that is not known (it has {known}).")
