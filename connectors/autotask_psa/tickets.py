"""Tickets in Autotask for what was agreed with a client: one for each plan item, known by its external id."""

from datetime import date

from connectors.autotask_psa import queries, replies, wire
from connectors.autotask_psa.choices import picked
from connectors.autotask_psa.notes import decoded, naming_the_right, number_of
from connectors.autotask_psa.settings import AutotaskSettings
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.notes import VendorTicket
from sevenc_sync.connect.text import clean
from sevenc_sync.connect.walk import read_all

NEEDS = "Service Desk > Tickets: view, add and edit all"
NEW = "New"  # the status of a ticket that nobody has looked at; Autotask's own
INTERNAL = 2  # publish: the MSP's own people; the same in every tenant


class Tickets:
    """See TicketPort. The lengths are the vendor's own."""

    max_title = 255
    max_text = 8000

    def __init__(self, http: Http, settings: AutotaskSettings) -> None:
        self._http = http
        self._settings = settings
        self._choices: dict[str, int] | None = None

    def find(self, company: str, key: str) -> VendorTicket | None:
        """See TicketPort. A ticket that a merge of companies moved is found too: the key is ours alone."""
        number_of(company)
        with naming_the_right("tickets", NEEDS):
            found = read_all(
                self._http,
                "/Tickets/query",
                replies.OwnTicket,
                queries.PAGES,
                layout=queries.ITEMS,
                body=queries.query(
                    wire.fields_of(replies.OwnTicket), {"op": "eq", "field": "externalID", "value": key}
                ),
            )
        mine = sorted((ticket for ticket in found if ticket.external_id == key), key=lambda ticket: ticket.id)
        return _known(mine[0]) if mine else None

    def create(self, company: str, key: str, title: str, text: str, due: date | None) -> VendorTicket:
        """See TicketPort."""
        body: dict[str, object] = {
            "companyID": number_of(company),
            "title": title,
            "description": text,
            "externalID": key,
            **self._wanted(),
        }
        if due is not None:
            body["dueDateTime"] = f"{due.isoformat()}T12:00:00Z"
        with naming_the_right("tickets", NEEDS):
            written = decoded(self._http.write("POST", "/Tickets", body), wire.Written)
            answer = self._http.get(f"/Tickets/{written.item_id}")
        item = None if answer.body.strip() == b"null" else decoded(answer, replies.TicketItem).item
        if item is None:
            raise ContractChanged("Autotask took the ticket, but does not show it.")
        return _known(item)

    def has_note(self, ticket: str, mark: str) -> bool:
        """See TicketPort."""
        owner = number_of(ticket)
        with naming_the_right("tickets", NEEDS):
            notes = read_all(
                self._http,
                "/TicketNotes/query",
                replies.TicketNote,
                queries.PAGES,
                layout=queries.ITEMS,
                body=queries.query(
                    wire.fields_of(replies.TicketNote), {"op": "eq", "field": "ticketID", "value": owner}
                ),
            )
        return any(mark in (note.description or "") for note in notes)

    def add_note(self, ticket: str, title: str, text: str) -> str:
        """See TicketPort."""
        kind = picked(
            self._http, "TicketNotes", "noteType", self._settings.ticket_note_type, "ticket_note_type"
        )
        body = {"title": title, "description": text, "noteType": kind, "publish": INTERNAL}
        with naming_the_right("tickets", NEEDS):
            answer = self._http.write("POST", f"/Tickets/{number_of(ticket)}/Notes", body)
        return str(decoded(answer, wire.Written).item_id)

    def _wanted(self) -> dict[str, int]:
        """Queue, priority, status and type by the tenant's own numbers. Asked for once."""
        if self._choices is None:
            told = self._settings
            choices = {
                "queueID": (told.ticket_queue, "ticket_queue"),
                "priority": (told.ticket_priority, "ticket_priority"),
                "status": (NEW, "the status list of tickets"),
            }
            if told.ticket_type is not None:
                choices["ticketType"] = (told.ticket_type, "ticket_type")
            self._choices = {
                field: picked(self._http, "Tickets", field, wanted, setting)
                for field, (wanted, setting) in choices.items()
            }
        return self._choices


def _known(ticket: replies.OwnTicket) -> VendorTicket:
    return VendorTicket(id=str(ticket.id), number=clean(ticket.ticket_number, 50) or str(ticket.id))
