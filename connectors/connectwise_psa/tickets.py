"""Tickets in ConnectWise for what was agreed with a client: one for each plan item, known by its external reference."""

from datetime import date
from urllib.parse import quote

import msgspec

from connectors.connectwise_psa import replies, wire
from connectors.connectwise_psa.notes import naming_the_right
from connectors.connectwise_psa.settings import ConnectwiseSettings
from connectors.connectwise_psa.streams import FORWARD_ONLY, PAGE_SIZE
from sevenc_sync.connect.errors import ContractChanged, NoSuchChoice, RecordVanished
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.notes import VendorTicket
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.text import clean, flag
from sevenc_sync.connect.walk import read_all

NEEDS = "Service Desk > Service Tickets: Add All, Edit All and Inquire All"

_PAGES = Keyset(size=PAGE_SIZE, size_param="pageSize", key_param="pageId")


class Tickets:
    """See TicketPort. `max_text` is the longest text that this API documents anywhere."""

    max_title = 100
    max_text = 6000

    def __init__(self, http: Http, settings: ConnectwiseSettings) -> None:
        self._http = http
        self._settings = settings
        self._choices: dict[str, dict[str, int]] | None = None

    def find(self, company: str, key: str) -> VendorTicket | None:
        """See TicketPort. Looked for again here: a condition may be ignored by the server."""
        with naming_the_right("tickets", NEEDS):
            found = read_all(
                self._http,
                "/service/tickets",
                replies.OwnTicket,
                _PAGES,
                params={
                    "fields": wire.fields_of(replies.OwnTicket),
                    "conditions": f'company/id={_number(company)} and externalXRef="{key}"',
                },
                headers=FORWARD_ONLY,
            )
        mine = sorted(ticket.id for ticket in found if ticket.external_x_ref == key)
        return VendorTicket(str(mine[0]), str(mine[0])) if mine else None

    def create(self, company: str, key: str, title: str, text: str, due: date | None) -> VendorTicket:
        """See TicketPort."""
        body: dict[str, object] = {
            "summary": title,
            "company": {"id": _number(company)},
            "initialDescription": text.replace("\n", "\r\n"),
            "externalXRef": key,
            **self._wanted(),
        }
        if due is not None:
            body["requiredDate"] = f"{due.isoformat()}T12:00:00Z"
        with naming_the_right("tickets", NEEDS):
            made = _decoded(self._http.write("POST", "/service/tickets", body), replies.OwnTicket)
        return VendorTicket(str(made.id), str(made.id))

    def has_note(self, ticket: str, mark: str) -> bool:
        """See TicketPort."""
        with naming_the_right("tickets", NEEDS):
            notes = read_all(
                self._http,
                _notes(ticket),
                replies.TicketNote,
                _PAGES,
                params={"fields": wire.fields_of(replies.TicketNote)},
                headers=FORWARD_ONLY,
            )
        return any(mark in (note.text or "") for note in notes)

    def add_note(self, ticket: str, title: str, text: str) -> str:
        """See TicketPort. ConnectWise's notes have no title; ours is internal analysis."""
        body = {"text": f"{title}\r\n" + text.replace("\n", "\r\n"), "internalAnalysisFlag": True}
        with naming_the_right("tickets", NEEDS):
            return str(_decoded(self._http.write("POST", _notes(ticket), body), replies.TicketNote).id)

    def _wanted(self) -> dict[str, dict[str, int]]:
        """Board, type and priority by the tenant's own numbers. Asked for once."""
        if self._choices is None:
            told = self._settings
            found: dict[str, dict[str, int]] = {}
            board = self._pick("/service/boards", told.ticket_board or "", "ticket_board")
            found["board"] = {"id": board}
            if told.ticket_type is not None:
                types = f"/service/boards/{board}/types"
                found["type"] = {"id": self._pick(types, told.ticket_type, "ticket_type")}
            if told.ticket_priority is not None:
                found["priority"] = {
                    "id": self._pick("/service/priorities", told.ticket_priority, "ticket_priority")
                }
            self._choices = found
        return self._choices

    def _pick(self, path: str, name: str, setting: str) -> int:
        with naming_the_right("the lists that tickets use", "System > Table Setup: Inquire All"):
            entries = read_all(
                self._http,
                path,
                replies.Named,
                _PAGES,
                params={"fields": wire.fields_of(replies.Named)},
                headers=FORWARD_ONLY,
            )
        active = [entry for entry in entries if not flag(entry.inactive_flag)]
        wanted = name.strip().casefold()
        for entry in active:
            if (clean(entry.name) or "").casefold() == wanted:
                return entry.id
        names = ", ".join(sorted(filter(None, (clean(entry.name) for entry in active))))
        raise NoSuchChoice(
            f"ConnectWise has no {name!r} for {setting}.", action=f"Set {setting} to one of: {names}."
        )


def _number(company: str) -> int:
    """An id as the vendor writes it. Raises RecordVanished for what cannot be one."""
    if not company.isascii() or not company.isdecimal():
        raise RecordVanished(f"ConnectWise has no company {company!r}: its ids are numbers.")
    return int(company)


def _notes(ticket: str) -> str:
    return f"/service/tickets/{quote(ticket, safe='')}/notes"


def _decoded(
    response: Response, kind: type[replies.OwnTicket] | type[replies.TicketNote]
) -> replies.OwnTicket | replies.TicketNote:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.DecodeError as error:
        raise ContractChanged(
            "ConnectWise answered a ticket with something else.", detail=str(error)
        ) from error
