"""What a delivery says of itself: notes are counted as notes, and tickets and fields as what they are."""

from sevenc_sync.push.summary import Tally


def test_tickets_and_fields_are_not_counted_among_the_notes() -> None:
    tally = Tally()
    tally.sent("note", "created", altered=False)
    tally.sent("fields", "updated", altered=False)
    tally.sent("ticket", "created", altered=False)
    tally.sent("ticket", "created", altered=False)
    tally.over("ticket-note", "failed", "the ticket is gone")
    summary = tally.summary(waiting=0)
    assert summary.sentence() == (
        "Notes: 1 created, 0 updated, 0 unchanged, 0 edited, 0 failed, 0 waiting."
        " Score fields: 1 updated. Tickets: 2 created. Notes on tickets: 1 failed."
        " Not delivered: 1 x the ticket is gone"
    )
    assert (summary.created, summary.written, summary.notes_written) == (3, 4, 1), "metrics count every row"
