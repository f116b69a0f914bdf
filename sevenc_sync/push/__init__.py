"""The client note: what it says, when it is queued, and how it reaches the PSA."""

from sevenc_sync.push.deliver import deliver
from sevenc_sync.push.note import note_digest, note_text, reference_of, same_text
from sevenc_sync.push.summary import DeliverySummary
from sevenc_sync.push.writer import outbox_writer

__all__ = [
    "DeliverySummary",
    "deliver",
    "note_digest",
    "note_text",
    "outbox_writer",
    "reference_of",
    "same_text",
]
