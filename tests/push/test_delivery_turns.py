"""An account's turn: what keeps its notes waiting, who may write to it, and that nobody writes twice."""

import threading
from datetime import timedelta

import pytest

from sevenc_sync.clock import fixed
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    Stopped,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.notes import VendorNote
from sevenc_sync.push import DeliverySummary
from sevenc_sync.store.database import Store
from tests.push.noteport import (
    CLOCK,
    NOW,
    Crash,
    Fuse,
    FusedStore,
    Port,
    Psa,
    deliver,
    queue,
    rows,
    runs_of,
    send,
    text_for,
)


def test_a_company_that_is_not_there_fails_its_note_and_the_others_go_on(ready: Store, psa: Psa) -> None:
    psa.trouble["find", "c1"] = [RecordVanished("no such company")]
    psa.trouble["create", "c2"] = [RecordVanished("no such company")]
    for number in (1, 2, 3):
        queue(ready, number, "words")
    summary = send(ready, psa)
    assert (summary.failed, summary.created, summary.waiting) == (2, 1, 0)
    assert [row[0] for row in rows(ready)] == ["failed", "failed", "sent"]
    assert "c1 is not there" in (rows(ready)[0][3] or "")
    assert runs_of(ready) == [("partial", 1, 0, 0, 2)]


@pytest.mark.parametrize(
    ("problem", "state", "refused"),
    [
        (AccessProblem("No right to notes."), "unreadable", ()),
        (CredentialsProblem("The key is refused."), "failed", (1,)),
    ],
)
def test_a_missing_right_keeps_all_notes_of_that_account_waiting_with_the_reason(
    ready: Store, psa: Psa, problem: Problem, state: str, refused: tuple[int, ...]
) -> None:
    psa.trouble["find", "c1"] = [problem]
    for number in (1, 2, 4):
        queue(ready, number, "words")
    summary = deliver(ready, {1: Port(psa), 2: Port(psa)}, CLOCK)
    assert (summary.created, summary.waiting, summary.refused) == (1, 2, refused)
    assert [row[0] for row in rows(ready)[:2]] == ["pending"] * 2
    assert [row[2:] for row in rows(ready)[:2]] == [(0, problem.text)] * 2
    assert [found[0] for found in runs_of(ready)] == [state, "ok"]


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        (VendorDown("It does not answer."), "failed"),
        (Throttled("Wait.", retry_at=NOW + timedelta(hours=1)), "throttled"),
        (Stopped("Shutting down."), "stopped"),
    ],
)
@pytest.mark.parametrize("call", ["find", "create", "answer", "read"])
def test_a_vendor_that_cannot_now_ends_the_accounts_turn_and_the_note_is_never_doubled(
    ready: Store, psa: Psa, problem: Problem, state: str, call: str
) -> None:
    psa.trouble[call, "c1"] = [problem]
    queue(ready, 1, "words")
    queue(ready, 2, "words")
    assert send(ready, psa).waiting == 2
    assert [(row[0], *row[2:]) for row in rows(ready)] == [("pending", 1, problem.text), ("pending", 0, None)]
    assert runs_of(ready)[0][0] == state
    assert send(ready, psa).waiting == 0
    assert [len(psa.texts(company)) for company in ("c1", "c2")] == [1, 1]


def test_an_answer_that_nobody_understands_is_tried_again_but_not_for_ever(ready: Store, psa: Psa) -> None:
    psa.trouble["create", "c1"] = [ContractChanged("400") for _ in range(20)]
    queue(ready, 1, "words")
    queue(ready, 2, "words")
    assert send(ready, psa).created == 1
    tries = 1
    while send(ready, psa).waiting:
        tries += 1
    assert tries == 9
    assert rows(ready)[0] == ("failed", "not-understood", 10, "Given up after 10 tries: 400")


def test_notes_of_an_account_that_cannot_be_written_to_wait_and_are_counted(ready: Store, psa: Psa) -> None:
    queue(ready, 4, "words")
    summary = send(ready, psa)
    assert (summary.tried, summary.waiting, dict(summary.reasons)) == (
        0,
        1,
        {"other cannot be written to now": 1},
    )


def test_a_stop_ends_the_delivery_between_two_notes(ready: Store, psa: Psa) -> None:
    stop = threading.Event()
    psa.before_write = stop.set
    for number in (1, 2):
        queue(ready, number, "words")
    assert deliver(ready, {1: Port(psa)}, CLOCK, stop).created == 1
    assert [row[0] for row in rows(ready)] == ["sent", "pending"]
    assert runs_of(ready)[0][0] == "stopped"
    assert deliver(ready, {1: Port(psa)}, CLOCK, stop).tried == 0


def test_a_newer_note_that_comes_while_one_is_being_sent_is_sent_after_it(ready: Store, psa: Psa) -> None:
    psa.before_write = lambda: queue(ready, 1, "newer")
    queue(ready, 1, "older")
    assert send(ready, psa).waiting == 1
    assert send(ready, psa).updated == 1
    assert psa.texts("c1") == [text_for(1, "newer")]
    assert [row[0] for row in rows(ready)] == ["sent", "sent"]


def test_a_note_that_was_replaced_while_others_were_sent_is_not_sent(ready: Store, psa: Psa) -> None:
    psa.before_write = lambda: queue(ready, 2, "newer") if not psa.writes else None
    queue(ready, 1, "words")
    queue(ready, 2, "older")
    assert send(ready, psa).created == 1
    assert psa.texts("c2") == []
    assert send(ready, psa).created == 1
    assert psa.texts("c2") == [text_for(2, "newer")]


def test_two_processes_never_write_to_one_account_at_a_time(ready: Store, psa: Psa) -> None:
    seen: list[DeliverySummary] = []
    psa.before_write = lambda: seen.append(send(ready, psa))
    queue(ready, 1, "words")
    assert send(ready, psa).created == 1
    assert (seen[0].tried, len(psa.texts("c1"))) == (0, 1)
    assert "is being written to by" in next(iter(seen[0].reasons))


def test_a_process_that_was_held_up_too_long_writes_nothing_any_more(ready: Store, psa: Psa) -> None:
    class Slow(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            found = super().find(company, mark)
            with pytest.raises(
                Crash
            ):  # another one takes over, creates the note, and dies before it can say so
                deliver(FusedStore(ready, fuse), {1: Port(psa, fuse)}, fixed(NOW + timedelta(hours=1)))
            assert len(psa.texts("c1")) == 1
            return found

    fuse = Fuse(9)  # claim 3, find 1, company 1, hold 3, create 1
    queue(ready, 1, "words")
    assert deliver(ready, {1: Slow(psa)}, CLOCK).tried == 0
    assert (psa.writes, rows(ready)) == (1, [("pending", None, 0, None)])
    assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(hours=2))).unchanged == 1


def test_a_process_that_was_held_up_in_its_write_keeps_nothing_of_it(ready: Store, psa: Psa) -> None:
    class Slow(Port):
        def create(self, company: str, text: str) -> VendorNote:
            note = super().create(company, text)
            assert deliver(ready, {1: Port(psa)}, fixed(NOW + timedelta(hours=1))).unchanged == 1
            return note

    queue(ready, 1, "words")
    assert deliver(ready, {1: Slow(psa)}, CLOCK).tried == 0
    assert (psa.writes, rows(ready)) == (1, [("sent", "unchanged", 1, None)])


def test_a_note_that_was_replaced_while_it_failed_stays_replaced(ready: Store, psa: Psa) -> None:
    class Gone(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            queue(ready, 1, "newer")
            raise RecordVanished("no such company")

    queue(ready, 1, "older")
    assert deliver(ready, {1: Gone(psa)}, CLOCK).waiting == 1
    assert [row[0] for row in rows(ready)] == ["replaced", "pending"]


def test_a_fault_of_ours_lets_the_account_go_at_once(ready: Store, psa: Psa) -> None:
    class Broken(Port):
        def find(self, company: str, mark: str) -> list[VendorNote]:
            raise ZeroDivisionError

    queue(ready, 1, "words")
    with pytest.raises(ZeroDivisionError):
        deliver(ready, {1: Broken(psa)}, CLOCK)
    assert send(ready, psa).created == 1
