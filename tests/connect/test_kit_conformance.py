"""The checks that a connector's own tests can make find what they are made for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pydantic import Field, SecretStr

from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.stream import Context, Listed, Stream, Sweep, Window
from sevenc_sync.connect.text import flag, iso, when
from sevenc_sync.model import Asset, Lookup, Record, Ticket

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
CONTEXT = Context(now=NOW)
RAW = b'{"id": 7, "name": "A", "done": true, "at": "2026-11-20T08:00:00Z", "board": {"name": "Help"}}'


class Board(msgspec.Struct):
    name: str | None = None


class Wire(msgspec.Struct):
    id: int
    name: str | None = None
    done: bool | int | str | None = None
    at: str | None = None
    board: Board | None = None


class Settings(AccountSettings):
    secret: SecretStr = Field(description="the key")


def ticket(wire: Wire, _context: Context) -> Iterable[Record]:
    yield Ticket(
        id=str(wire.id),
        company=None,
        summary=wire.name,
        board=wire.board.name if wire.board else None,
        is_closed=flag(wire.done),
        opened_at=when(wire.at),
    )


def since(window: Window) -> Mapping[str, str]:
    return {} if window.since is None else {"since": iso(window.since)}


TICKETS = Stream(
    name="tickets",
    title="Tickets",
    path="/tickets",
    wire=Wire,
    to_canonical=ticket,
    records=(Ticket,),
    paginator=Keyset(size=10, size_param="size", key_param="after"),
    needs="Service Desk: read",
    params=since,
    delta=True,
)


def connector(*streams: Stream, settings: type[AccountSettings] = Settings) -> Connector:
    return Connector(
        name="good_vendor",
        title="A vendor",
        role="psa",
        settings=settings,
        open=lambda _settings, _factory: pytest.fail("nothing is opened"),
        streams=streams,
    )


def test_a_sound_declaration_has_no_mistakes() -> None:
    below = replace(TICKETS, name="notes", path="/tickets/{parent}/notes", parent="ticket")
    assert mistakes(connector(TICKETS, below)) == []


SWEEP = Sweep(wire=Board, listed=lambda _wire: Listed("1"))

WRONG: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "no needs": ({"needs": ""}, "does not name the permission"),
    "a word is no permission": ({"needs": "read"}, "does not name the permission"),
    "a name with blanks": ({"name": "Open tickets"}, "its name"),
    "no title": ({"title": " "}, "no title"),
    "no records": ({"records": ()}, "declares no records"),
    "a relative path": ({"path": "tickets"}, "does not begin with a slash"),
    "a key that is not there": ({"key": "uid"}, "has no field 'uid'"),
    "a sweep without the key": ({"sweep": SWEEP}, "sweep's record Board has no field 'id'"),
    "complete for others": ({"complete": (Asset,)}, "complete for Asset, which it does not declare"),
    "a scope of no column": ({"complete": (Ticket,), "scope": {"colour": "red"}}, "scope names 'colour'"),
    "all list entries": ({"records": (Lookup,), "complete": (Lookup,)}, "without a scope"),
    "complete and a sweep": ({"complete": (Ticket,), "sweep": SWEEP}, "not both"),
    "a parent without a place": ({"parent": "asset"}, "has a {parent}"),
    "a place without a parent": ({"path": "/x/{parent}"}, "has a {parent}"),
    "an unknown parent": ({"path": "/x/{parent}", "parent": "asset"}, "which no stream before it makes"),
    "lists from nowhere": ({"lookups": ("board",)}, "which no stream before it makes"),
    "a column of nothing": ({"related": (("contract", "colour"),)}, "contract.colour, which does not exist"),
    "a delta that asks for all": ({"params": lambda _window: {}}, "asks the same whatever the time"),
    "a delta that is not said": ({"delta": False}, "does not say so"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_a_stream_is_found(case: str) -> None:
    changes, sentence = WRONG[case]
    found = mistakes(connector(replace(TICKETS, **changes)))
    assert any(sentence in text for text in found), found


def test_two_streams_of_one_name_are_found() -> None:
    assert mistakes(connector(TICKETS, TICKETS)) == ["Two streams are named tickets."]


def test_a_connector_without_streams_title_or_a_plain_name_is_found() -> None:
    bare = replace(connector(), name="Good Vendor", title="")
    assert len(mistakes(bare)) == 3


def test_a_secret_that_would_be_shown_is_found() -> None:
    class Open(AccountSettings):
        api_key: str = Field(description="the key")
        token: SecretStr = Field(default=SecretStr("x"), description="another")
        site: str = Field()

    found = mistakes(connector(TICKETS, settings=Open))
    assert [text.split(" ")[2] for text in found] == ["api_key", "token", "site"]


def test_a_record_that_is_read_with_care_has_no_oddities() -> None:
    assert oddities(TICKETS, RAW, CONTEXT) == []


def _crashes(wire: Wire, _context: Context) -> Iterable[Record]:
    yield Ticket(id=str(wire.id), company=None, summary=(wire.name or "")[0])


def _makes_up(wire: Wire, _context: Context) -> Iterable[Record]:
    yield Ticket(id=str(wire.id), company=None, is_closed=bool(wire.done))


def _naive(wire: Wire, _context: Context) -> Iterable[Record]:
    yield Ticket(
        id=str(wire.id), company=None, opened_at=datetime.fromisoformat(wire.at) if wire.at else None
    )


def _another(wire: Wire, _context: Context) -> Iterable[Record]:
    yield Ticket(id=str(wire.id), company=None) if wire.name else Asset(id=str(wire.id), company=None)


CARELESS: Mapping[str, tuple[Callable[..., Iterable[Record]], str]] = {
    "an index into nothing": (_crashes, "raises IndexError: it must be a ValueError"),
    "a flag that was not sent": (_makes_up, "is_closed = False, but nothing was said"),
    "a time as it came": (_naive, "opened_at is a time without a zone"),
    "a kind that was not declared": (_another, "a Asset comes, which is not declared"),
}


@pytest.mark.parametrize("case", CARELESS)
def test_careless_reading_is_found(case: str) -> None:
    careless, sentence = CARELESS[case]
    found = oddities(replace(TICKETS, to_canonical=careless), RAW, CONTEXT)
    assert any(sentence in text for text in found), found


def test_a_record_that_does_not_bear_unknown_keys_is_found() -> None:
    class Strict(msgspec.Struct, forbid_unknown_fields=True):
        id: int

    def made(wire: Strict, _context: Context) -> Iterable[Record]:
        yield Ticket(id=str(wire.id), company=None)

    found = oddities(replace(TICKETS, wire=Strict, to_canonical=made), b'{"id": 7}', CONTEXT)
    assert any("an unknown key" in text for text in found), found


def test_where_nothing_is_an_answer_too_it_may_be_read_as_one() -> None:
    told = replace(TICKETS, to_canonical=_makes_up, tells_by_null=("done",))
    assert oddities(told, RAW, CONTEXT) == []
