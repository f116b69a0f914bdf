"""When a note is queued: only with a score, only where it says something new, never two at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from sevenc_sync.push import outbox_writer
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import note_failed, note_sent, waiting_notes
from sevenc_sync.store.tables import client, outbox

Make = Callable[..., ClientResult]

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
GOOD = {"continuous.backup.coverage": (99.0, 5.0), "clear.sla.met": (90.0, 2.5)}
BAD = {"continuous.backup.coverage": (10.0, 0.5), "clear.sla.met": (90.0, 2.5)}


@pytest.fixture
def scored(store: Store, rules: Rules) -> Callable[[ClientResult], None]:
    """Runs the hook for a result as scoring does, in a transaction."""
    ensure_account(store, "psa", "connectwise_psa")
    ensure_account(store, "other psa", "autotask_psa")
    with store.write() as connection:
        connection.execute(
            client.insert().values(id=1, name="Acme", account=1, company="10", is_active=True, created_at=0)
        )
    hook = outbox_writer(rules, {1: "psa"})

    def run(result: ClientResult, previous: ClientResult | None = None) -> None:
        with store.write() as connection:
            hook(connection, result, previous)

    return run


def states(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())


def send(store: Store) -> None:
    with store.write() as connection:
        for row in waiting_notes(connection):
            note_sent(connection, row.id, vendor_id="1", outcome="created", now=NOW)


def test_a_first_score_queues_a_note_for_the_clients_own_company(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    with store.read() as connection:
        (row,) = waiting_notes(connection)
    assert (row.client, row.account, row.company, row.attempts, row.created_at) == (1, 1, "10", 0, NOW)
    assert row.text.endswith(row.reference)


def test_the_same_content_is_queued_once_whether_it_waits_or_was_sent(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    scored(result_of(GOOD, at=NOW + timedelta(days=1)))
    send(store)
    scored(result_of(GOOD, at=NOW + timedelta(days=2)))
    assert states(store) == ["sent"]


def test_new_content_replaces_a_note_that_still_waits(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    scored(result_of(BAD))
    assert states(store) == ["replaced", "pending"]


def test_new_content_after_one_was_sent_is_queued(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    send(store)
    scored(result_of(BAD), result_of(GOOD))
    assert states(store) == ["sent", "pending"]


def test_content_that_comes_back_is_queued_with_the_very_words_that_stand_there(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    send(store)
    scored(result_of(BAD))
    scored(result_of(GOOD, at=NOW + timedelta(days=9)), result_of(BAD))
    assert states(store) == ["sent", "replaced", "pending"]
    with store.read() as connection:
        first, _, last = connection.execute(select(outbox.c.text).order_by(outbox.c.id)).scalars()
    assert first == last


def test_what_failed_is_not_queued_again_until_it_says_something_else(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    with store.write() as connection:
        note_failed(connection, waiting_notes(connection)[0].id, error="gone", now=NOW)
    scored(result_of(GOOD))
    assert states(store) == ["failed"]
    scored(result_of(BAD))
    assert states(store) == ["failed", "pending"]


def test_a_client_without_a_score_or_of_an_account_without_notes_gets_none(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of({}))
    scored(result_of(GOOD, account=2))
    assert states(store) == []


def test_a_client_that_moves_to_another_company_gets_its_note_there(
    store: Store, scored: Callable[..., None], result_of: Make
) -> None:
    scored(result_of(GOOD))
    send(store)
    scored(result_of(GOOD, company="77"))
    with store.read() as connection:
        assert [row.company for row in waiting_notes(connection)] == ["77"]


def test_what_scoring_rolls_back_leaves_no_note(
    store: Store, scored: Callable[..., None], rules: Rules, result_of: Make
) -> None:
    class Undone(Exception):
        pass

    def undone() -> None:
        with store.write() as connection:
            outbox_writer(rules, {1: "psa"})(connection, result_of(GOOD), None)
            raise Undone

    with pytest.raises(Undone):
        undone()
    assert states(store) == []
