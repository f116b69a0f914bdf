"""Writing back: what the client note says, when it is due, who approves it, and how it reaches the PSA."""

from sevenc_sync.push.brake import held_by
from sevenc_sync.push.compose import Writer, preview, write_texts
from sevenc_sync.push.deliver import Ports, deliver
from sevenc_sync.push.fields import FieldValues, field_values
from sevenc_sync.push.note import reference_of
from sevenc_sync.push.policy import Limits, Policy
from sevenc_sync.push.summary import DeliverySummary
from sevenc_sync.push.template import TemplateBroken, builtin_text
from sevenc_sync.push.tickets import Draft, queue_tickets, ticket_text
from sevenc_sync.push.writer import Place, outbox_writer

__all__ = [
    "DeliverySummary",
    "Draft",
    "FieldValues",
    "Limits",
    "Place",
    "Policy",
    "Ports",
    "TemplateBroken",
    "Writer",
    "builtin_text",
    "deliver",
    "field_values",
    "held_by",
    "outbox_writer",
    "preview",
    "queue_tickets",
    "reference_of",
    "ticket_text",
    "write_texts",
]
