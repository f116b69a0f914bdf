"""What else than notes reaches the PSA: fields of the company, tickets for the plan's items, and notes on those."""

from collections.abc import Callable
from dataclasses import dataclass

from sevenc_sync.connect.notes import FieldPort, TicketPort
from sevenc_sync.connect.text import clean
from sevenc_sync.push.fields import field_values
from sevenc_sync.push.outcome import Never, Put
from sevenc_sync.push.tickets import ticket_text
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import OutboxRow, rows_where
from sevenc_sync.store.tables import outbox


@dataclass(frozen=True, slots=True)
class MoreDelivery:
    """How fields and tickets of one account are put. A port that is None is not configured."""

    store: Store
    fields: FieldPort | None
    tickets: TicketPort | None
    hold: Callable[[], None]

    def put(self, row: OutboxRow) -> Put:
        """Bring it to its place. Raises the kit's Problems and Never."""
        match row.kind:
            case "fields":
                return self._put_fields(row)
            case "ticket":
                return self._put_ticket(row)
            case _:
                return self._put_ticket_note(row)

    def _put_fields(self, row: OutboxRow) -> Put:
        if self.fields is None:
            raise Never("switched-off", "No fields are configured for this account any more.")
        values = field_values(row.text)
        self.hold()
        is_new = self.fields.put(row.company, values.score, values.proof, values.day)
        return Put(row.company, "updated" if is_new else "unchanged")

    def _put_ticket(self, row: OutboxRow) -> Put:
        port = self._tickets()
        there = port.find(row.company, row.reference)
        if there is not None:
            return Put(there.id, "unchanged", number=there.number)
        draft = ticket_text(row.text)
        self.hold()
        made = port.create(
            row.company,
            row.reference,
            clean(draft.title, port.max_title) or row.reference,
            clean(draft.text, port.max_text) or "",
            draft.due,
        )
        return Put(made.id, "created", number=made.number)

    def _put_ticket_note(self, row: OutboxRow) -> Put:
        port = self._tickets()
        with self.store.read() as connection:
            sent = rows_where(
                connection,
                outbox.c.kind == "ticket",
                outbox.c.subject == row.subject,
                outbox.c.vendor_id.is_not(None),
            )
        if not sent:
            raise Never("no-ticket", f"There is no ticket for {row.subject}.")
        ticket = str(sent[-1].vendor_id)
        if port.has_note(ticket, row.reference):
            return Put(ticket, "unchanged")
        draft = ticket_text(row.text)
        self.hold()
        note = port.add_note(ticket, draft.title, clean(draft.text, port.max_text) or "")
        return Put(note, "created")

    def _tickets(self) -> TicketPort:
        if self.tickets is None:
            raise Never("switched-off", "No tickets are configured for this account any more.")
        return self.tickets
