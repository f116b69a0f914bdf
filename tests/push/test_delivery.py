"""Delivery into a PSA: once per client whatever crashes, and what each problem does to the notes that wait."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sevenc_sync.clock import fixed
from sevenc_sync.connect.errors import (
    PeriodClosed,
    RecordVanished,
    TextTooLong,
)
from sevenc_sync.connect.notes import CompanyState
from sevenc_sync.push import reference_of
from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.pushes import adopt
from sevenc_sync.store.tables import outbox
from tests.push.noteport import CLOCK, NOW, Port, Psa, deliver, queue, rows, runs_of, send, text_for


def test_a_note_is_created_then_updated_in_place(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    assert send(ready, psa).created == 1
    queue(ready, 1, "second")
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "second")]
    assert [row[:3] for row in rows(ready)] == [("sent", "created", 1), ("sent", "updated", 1)]
    assert runs_of(ready) == [("ok", 1, 0, 0, 0), ("ok", 0, 1, 0, 0)]


def test_an_equal_note_that_stands_there_already_is_adopted_and_nothing_is_written(
    ready: Store, psa: Psa
) -> None:
    psa.notes["c1"] = {"77": text_for(1, "first").replace("\n", "\r\n")}
    queue(ready, 1, "first")
    assert send(ready, psa).unchanged == 1
    assert psa.writes == 0
    with ready.read() as connection:
        assert connection.execute(select(outbox.c.vendor_id)).scalars().all() == ["77"]


def test_nothing_waiting_asks_nobody_and_leaves_no_run(ready: Store, psa: Psa) -> None:
    assert send(ready, psa).tried == 0
    assert runs_of(ready) == []


def test_of_several_notes_of_ours_the_oldest_is_updated_and_the_others_are_reported(
    ready: Store, psa: Psa
) -> None:
    psa.notes["c1"] = {"5": text_for(1, "old"), "8": text_for(1, "older copy")}
    queue(ready, 1, "new")
    summary = send(ready, psa)
    assert psa.notes["c1"] == {"5": text_for(1, "new"), "8": text_for(1, "older copy")}
    assert summary.doubles == ("company c1 in psa: note 5 is kept up to date; delete 8",)
    assert "delete 8" in summary.sentence()


def test_a_note_whose_reference_was_edited_away_is_known_by_its_id_and_left_alone(
    ready: Store, psa: Psa
) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] = "somebody typed over it"
    queue(ready, 1, "second")
    assert send(ready, psa).edited == 1
    assert psa.texts("c1") == ["somebody typed over it"]


def test_a_persons_edit_is_left_alone_with_a_warning_until_a_person_says_otherwise(
    ready: Store, psa: Psa
) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] = text_for(1, "first, and call Bob").replace("second line", "second line\nhis words")
    psa.notes["c1"]["1"] += "\nbelow"
    queue(ready, 1, "second")
    summary = send(ready, psa)
    assert (summary.edited, summary.waiting, psa.writes) == (1, 0, 1)
    assert "--adopt" in next(iter(summary.reasons))
    assert rows(ready)[-1][:2] == ("edited", "edited")
    assert send(ready, psa).tried == 0
    with ready.write() as connection:
        assert adopt(connection, 1, "anna", NOW) is not None
    assert send(ready, psa).updated == 1
    (text,) = psa.texts("c1")
    assert text == text_for(1, "second") + "\nReview: first, and call Bob\nhis words\nbelow"
    with ready.read() as connection:
        told = [row.action for row in read_audit(connection, limit=9, beginning="push-")]
    assert told == ["push-sent", "push-adopt", "push-edited", "push-sent"]


def test_what_stands_below_the_note_survives_and_is_no_edit(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"]["1"] += "\nAsk for the new router."
    queue(ready, 1, "second")
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "second") + "\nAsk for the new router."]
    queue(ready, 1, "second")
    assert send(ready, psa).unchanged == 1


def test_a_text_that_the_vendor_changed_on_its_own_is_no_edit(ready: Store) -> None:
    changing = Psa(lambda text: text.replace("second", "2nd"))
    queue(ready, 1, "first")
    assert send(ready, changing).altered == 1
    queue(ready, 1, "other")
    assert send(ready, changing).updated == 1


@pytest.mark.parametrize(
    ("state", "outcome"), [("deleted", "company-gone"), ("inactive", "company-inactive")]
)
def test_nothing_is_written_on_a_company_that_is_no_more(
    ready: Store, psa: Psa, state: CompanyState, outcome: str
) -> None:
    psa.state = state
    queue(ready, 1, "first")
    assert send(ready, psa).failed == 1
    assert (psa.writes, rows(ready)[0][:2]) == (0, ("failed", outcome))


def test_a_closed_period_is_tried_again_the_next_day_and_not_before(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [PeriodClosed("The period is closed.")]
    queue(ready, 1, "first")
    assert send(ready, psa).waiting == 1
    assert rows(ready)[0][:2] == ("pending", "period-closed")
    assert send(ready, psa).tried == 0
    assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(days=1))).created == 1


def test_a_text_that_the_vendor_finds_too_long_is_cut_until_it_fits(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [TextTooLong("too long")]
    queue(ready, 1, "\n".join(["words"] * 500))
    assert send(ready, psa).created == 1
    (text,) = psa.texts("c1")
    assert len(text) < 2000
    assert reference_of("psa", "c1") in text.split("\n")[-1]
    psa.trouble["create", "c2"] = [TextTooLong("too long") for _ in range(9)]
    queue(ready, 2, "\n".join(["words"] * 500))
    assert send(ready, psa).failed == 1
    assert rows(ready)[-1][:2] == ("failed", "too-long")


def test_a_note_that_a_merge_brought_along_is_reported_and_not_touched(ready: Store, psa: Psa) -> None:
    psa.notes["c1"] = {"5": text_for(2, "the other company's")}
    queue(ready, 1, "words")
    summary = send(ready, psa)
    assert summary.created == 1
    assert "5 belonged to a company that was merged into it" in summary.doubles[0]
    assert psa.notes["c1"]["5"] == text_for(2, "the other company's")


def test_a_note_that_was_deleted_at_the_vendor_is_created_anew(ready: Store, psa: Psa) -> None:
    queue(ready, 1, "first")
    send(ready, psa)
    psa.notes["c1"].clear()
    queue(ready, 1, "second")
    assert send(ready, psa).created == 1


def test_a_note_that_vanishes_while_it_is_updated_waits_for_the_next_time(ready: Store, psa: Psa) -> None:
    psa.notes["c1"] = {"5": text_for(1, "old")}
    psa.trouble["update", "c1"] = [RecordVanished("gone")]
    queue(ready, 1, "new")
    assert send(ready, psa).waiting == 1
    assert send(ready, psa).updated == 1


def test_line_ends_that_a_vendor_changes_are_no_other_text(ready: Store) -> None:
    windows = Psa(lambda text: text.replace("\n", "\r\n") + "\r\n")
    queue(ready, 1, "first")
    assert send(ready, windows).altered == 0
    queue(ready, 1, "first")
    assert send(ready, windows).unchanged == 1


def test_a_text_that_the_vendor_changes_is_sent_with_a_remark(ready: Store) -> None:
    queue(ready, 1, "first")
    assert send(ready, Psa(lambda text: text.replace("second", "2nd"))).altered == 1
    assert rows(ready) == [
        ("sent", "created", 1, "The vendor shows the note with another text than was sent.")
    ]


def test_a_vendor_that_cuts_the_reference_off_fails_the_note_and_still_gets_no_second_one(
    ready: Store,
) -> None:
    cutting = Psa(lambda text: text[:20])
    queue(ready, 1, "first")
    assert send(ready, cutting).failed == 1
    queue(ready, 1, "second")
    assert send(ready, cutting).edited == 1
    assert len(cutting.texts("c1")) == 1


def test_a_note_that_is_too_long_for_the_vendor_is_cut_and_keeps_its_reference(
    ready: Store, psa: Psa
) -> None:
    port = Port(psa)
    port.max_length = 80
    queue(ready, 1, "x" * 30)
    assert deliver(ready, {1: port}, CLOCK).created == 1
    assert reference_of("psa", "c1") in psa.texts("c1")[0].split("\n")[-1]
    assert len(psa.texts("c1")[0]) <= 80
