"""One call and one answer, and what a simulated vendor must be able to do with them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sevenc_sync.sandbox.tables import Key, Record, Tables

JSON_TYPE = "application/json; charset=utf-8"
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a vendor sees it; header names are in lower case, of a repeated parameter the last one counts."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    length: int = 0
    """Characters of the whole address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it is sent (and before a fault spoils it)."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, msgspec.json.encode(value), headers or {})


@dataclass(frozen=True, slots=True)
class Access:
    """What an account's section of a configuration needs besides the address; the secrets are made up."""

    settings: Mapping[str, str | int | bool]
    secrets: Mapping[str, str] = field(repr=False)


class Vendor(ABC):
    """One simulated vendor: answers calls from its tables, without any network."""

    name: str
    """The connector's name."""

    account: str
    """What an account with this vendor is called in a configuration, unless another vendor has the name."""

    tables: Tables
    clock: Clock

    @abstractmethod
    def access(self) -> Access:
        """The settings and secrets with which a connector may come in."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """The vendor's honest answer."""

    @abstractmethod
    def error(self, status: int) -> Answer:
        """The vendor's own body for a status such as 429, for faults to answer with."""

    @abstractmethod
    def records_in(self, body: Any) -> list[Any] | None:
        """The records within the decoded body of a list, None where the body is no list of records."""

    @abstractmethod
    def with_records(self, body: Any, records: list[Any]) -> Any:
        """The same body with other records in it."""

    def begin(self, call: Call) -> None:  # noqa: B027 (a vendor that limits what runs at once overrides it)
        """A call has come in; until `end` it counts as under way."""

    def end(self, call: Call) -> None:  # noqa: B027 (the same)
        """Its answer has been sent."""

    def path_of(self, call: Call) -> str:
        """The path by which faults and the log know the call; a vendor with one address for all adds what is asked."""
        return call.path

    def list_of(self, call: Call) -> str:
        """What the pages of one list have in common: by default the path."""
        return call.path

    def delete(self, table: str, key: Key) -> None:
        """Takes a record away as the vendor's own user would. KeyError if absent."""
        self.tables.remove(table, key)

    def notes(self) -> Iterable[tuple[int, Record]]:
        """(company id, note) for all notes written on companies; empty for a vendor without notes."""
        return []

    @abstractmethod
    def edit(self, table: str, key: Key, changes: Mapping[str, Any]) -> Record:
        """Changes a record as the vendor's own user would, with the time of the change noted. KeyError if absent."""
