"""Why the score is another than in the last note: told by the block that moved, or else by what moved most."""

from collections.abc import Callable
from datetime import date, timedelta

from sevenc_sync.clock import to_seconds
from sevenc_sync.push.choose import core_of, facts_of
from sevenc_sync.push.content import Note
from sevenc_sync.push.since import moves_since, score_causes
from sevenc_sync.push.template import render
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.score.history import note_changes
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client, score_run
from tests.push.test_note import NOW

Make = Callable[..., ClientResult]
BEFORE = {"continuous.backup.coverage": (99.0, 4.9), "clear.sla.met": (96.0, 4.2)}
LATER = NOW + timedelta(days=1)


def told(store: Store, rules: Rules, before: ClientResult, now: ClientResult) -> str:
    """The note on `now` after one on `before`."""
    ensure_account(store, "psa", "connectwise_psa")
    with store.write() as connection:
        connection.execute(
            client.insert().values(id=1, name="Acme", account=1, company="10", is_active=True, created_at=0)
        )
        values = {"id": 1, "at": to_seconds(NOW), "rules_hash": rules.hash, "clients": 1, "changed": 1}
        connection.execute(score_run.insert().values(**values))
        note_changes(connection, 1, [(before, None)])
        core, facts = core_of(now, rules, (), {}), facts_of(before)
        moved = moves_since(connection, now, core, rules, facts, NOW)
        causes = score_causes(connection, now, core, rules, facts, NOW, list(moved.values()))
    note = Note(
        core=core,
        day=date(2026, 11, 23),
        before_score=facts.score,
        before_day=date(2026, 11, 22),
        moves=tuple(move for move, _ in moved.values()),
        causes=tuple(reason for reason, _ in causes),
    )
    return render(note, "en")


def test_a_score_that_fell_while_no_block_did_names_what_moved_it_most(
    sqlite_store: Store, rules: Rules, result_of: Make
) -> None:
    now = result_of({**BEFORE, "continuous.backup.coverage": (96.0, 4.1)}, at=LATER)
    said = told(sqlite_store, rules, result_of(BEFORE), now)
    assert "down 8 since" in said
    assert "DOWN from" not in said
    _, found, rest = said.partition("What moved it most:\n- ")
    assert found
    assert "96 %" in rest.splitlines()[0]


def test_where_a_block_that_fell_gives_the_reason_it_is_not_given_twice(
    sqlite_store: Store, rules: Rules, result_of: Make
) -> None:
    now = result_of({**BEFORE, "continuous.backup.coverage": (50.0, 2.0)}, at=LATER)
    said = told(sqlite_store, rules, result_of(BEFORE), now)
    assert "DOWN from 4" in said
    assert "What moved it most" not in said


def test_a_score_that_stands_needs_no_reason(sqlite_store: Store, rules: Rules, result_of: Make) -> None:
    said = told(sqlite_store, rules, result_of(BEFORE), result_of(BEFORE, at=LATER))
    assert "What moved it most" not in said
