"""When something is queued: only what is due and new, never two at once, and a changed text voids its approval."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import insert, select

from sevenc_sync.push import Place, Policy, held_by, outbox_writer
from sevenc_sync.push.policy import Limits
from sevenc_sync.quiet import Quiet
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.outbox import waiting_rows, write_text
from sevenc_sync.store.outcomes import row_over, row_sent
from sevenc_sync.store.pushes import approve, drop_hold, end_hold, hold, keep_plan, open_hold, plan_of
from sevenc_sync.store.tables import client, client_score, evidence, link, outbox, score_run

Make = Callable[..., ClientResult]
Scored = Callable[..., None]

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
GOOD = {"continuous.backup.coverage": (99.0, 5.0), "clear.sla.met": (90.0, 2.5)}
BAD = {"continuous.backup.coverage": (10.0, 0.5), "clear.sla.met": (90.0, 2.5)}
NEARLY = {"continuous.backup.coverage": (98.0, 4.9), "clear.sla.met": (90.0, 2.4)}  # two points, a level down
SAME_LEVELS = {"continuous.backup.coverage": (99.0, 5.0), "clear.sla.met": (90.0, 2.4)}
REVIEW = Policy(min_proof=0.0)


@pytest.fixture
def scored(store: Store, rules: Rules) -> Scored:
    """Runs the hook for results as scoring does, in a transaction."""
    ensure_account(store, "psa", "connectwise_psa")
    ensure_account(store, "other psa", "autotask_psa")
    with store.write() as connection:
        for number in (1, 2, 3):
            connection.execute(
                client.insert().values(
                    id=number,
                    name=f"C{number}",
                    account=1,
                    company=f"{number}0",
                    is_active=True,
                    created_at=0,
                )
            )

    def run(*results: ClientResult, policy: Policy = REVIEW, has_fields: bool = False) -> None:
        with store.write() as connection:
            outbox_writer(rules, {1: Place("psa", has_fields)}, policy)(connection, results)

    return run


def states(store: Store, kind: str = "note") -> list[str]:
    with store.read() as connection:
        statement = select(outbox.c.state).where(outbox.c.kind == kind).order_by(outbox.c.id)
        return list(connection.execute(statement).scalars())


def write(store: Store, text: str = "a text") -> None:
    with store.write() as connection:
        for row in waiting_rows(connection):
            if not row.text:
                write_text(connection, row.id, f"{text} {row.id}", "form")


def send(store: Store) -> None:
    write(store)
    with store.write() as connection:
        for row in waiting_rows(connection):
            row_sent(connection, row, vendor_id="1", outcome="created", now=NOW)


def test_a_first_score_queues_a_note_without_a_text_for_the_clients_own_company(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD))
    with store.read() as connection:
        (row,) = waiting_rows(connection)
    assert (row.client, row.company, row.text, row.created_at, row.approved_at) == (1, "10", "", NOW, None)
    assert row.facts is not None
    assert row.facts.levels == {"continuous": 5, "clear": 2}


def test_the_same_content_is_queued_once_whether_it_waits_was_sent_or_failed(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD))
    scored(result_of(GOOD, at=NOW + timedelta(days=1)))
    send(store)
    scored(result_of(GOOD, at=NOW + timedelta(days=99)))
    assert states(store) == ["sent"]
    scored(result_of(BAD))
    with store.write() as connection:
        (row,) = waiting_rows(connection)
        row_over(connection, row, state="failed", outcome="company-gone", error="gone", now=NOW)
    scored(result_of(BAD))
    assert states(store) == ["sent", "failed"]
    scored(result_of(NEARLY))
    assert states(store) == ["sent", "failed", "pending"]


@pytest.mark.parametrize(
    ("cadence", "known", "days", "due"),
    [
        ("change", BAD, 1, True),  # many points
        ("change", NEARLY, 1, True),  # a level
        ("change", SAME_LEVELS, 1, False),
        ("change", SAME_LEVELS, 30, False),
        ("monthly", BAD, 1, False),
        ("monthly", SAME_LEVELS, 30, True),
        ("both", SAME_LEVELS, 1, False),
        ("both", SAME_LEVELS, 30, True),
        ("both", BAD, 1, True),
    ],
)
def test_a_note_is_due_by_its_cadence(
    store: Store, scored: Scored, result_of: Make, cadence: str, known: object, days: int, due: bool
) -> None:
    policy = msgspec.structs.replace(REVIEW, cadence=cadence)
    scored(result_of(GOOD), policy=policy)
    send(store)
    scored(result_of(known, at=NOW + timedelta(days=days)), policy=policy)
    assert states(store) == (["sent", "pending"] if due else ["sent"])


def test_with_little_proof_or_mode_off_nothing_is_queued_and_what_waits_is_withdrawn(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD), policy=Policy(mode="off"))
    assert states(store) == []
    scored(result_of({}))
    scored(result_of(GOOD, account=2))
    scored(result_of(GOOD), policy=Policy(min_proof=0.5))
    assert states(store) == []
    scored(result_of(GOOD))
    scored(result_of(GOOD), policy=Policy(min_proof=0.5))
    assert states(store) == ["replaced"]


def test_an_approval_covers_the_very_texts_that_were_shown_and_changed_evidence_voids_it(
    store: Store, scored: Scored, result_of: Make
) -> None:
    results = [result_of(GOOD, client=number, company=f"{number}0") for number in (1, 2, 3)]
    scored(*results)
    write(store)
    with store.write() as connection:
        plan = plan_of(waiting_rows(connection))
        keep_plan(connection, plan, NOW)
        assert plan_of(waiting_rows(connection)).hash == plan.hash
        assert approve(connection, "0" * 12, "anna", NOW) is None
    scored(result_of(BAD, client=2, company="20"))
    with store.write() as connection:
        found = approve(connection, plan.hash, "anna", NOW)
        assert found is not None
        assert [row.client for row in found.rows] == [1, 3]
        assert [row.client for row in found.void] == [2]
    scored(result_of(BAD, client=3, company="30"))  # after the approval, before it was sent
    with store.read() as connection:
        told = {row.client: row.approved_by for row in waiting_rows(connection)}
    assert told == {1: "anna", 2: None, 3: None}


def test_content_that_comes_back_is_the_very_words_that_stand_there_or_nothing_where_nobody_approved(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD))
    send(store)
    scored(result_of(BAD))
    scored(result_of(GOOD, at=NOW + timedelta(days=1)))
    assert states(store) == ["sent", "replaced"]
    auto = msgspec.structs.replace(REVIEW, mode="auto")
    scored(result_of(BAD), policy=auto)
    scored(result_of(GOOD), policy=auto)
    with store.read() as connection:
        (row,) = waiting_rows(connection)
        first = connection.execute(select(outbox.c.text).order_by(outbox.c.id)).scalars().first()
    assert row.text == first


def test_a_client_that_moves_to_another_company_gets_its_note_there(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD))
    send(store)
    scored(result_of(GOOD, company="77"))
    with store.read() as connection:
        assert [row.company for row in waiting_rows(connection)] == ["77"]


def test_fields_are_queued_with_the_note_and_only_for_other_numbers(
    store: Store, scored: Scored, result_of: Make
) -> None:
    scored(result_of(GOOD), has_fields=True)
    send(store)
    scored(result_of(GOOD, company="77"), has_fields=True)
    assert states(store, "fields") == ["sent", "pending"]
    scored(result_of(GOOD, company="77", at=NOW + timedelta(days=40)), has_fields=True)
    assert states(store, "fields") == ["sent", "pending"]


def test_what_scoring_rolls_back_leaves_nothing(
    store: Store, scored: Scored, rules: Rules, result_of: Make
) -> None:
    class Undone(Exception):
        pass

    def undone() -> None:
        with store.write() as connection:
            outbox_writer(rules, {1: Place("psa")}, REVIEW)(connection, [result_of(GOOD)])
            raise Undone

    with pytest.raises(Undone):
        undone()
    assert states(store) == []


def test_quiet_hours_are_those_of_the_msps_own_clock_over_midnight_too() -> None:
    zone = ZoneInfo("Europe/Budapest")
    policy = Policy(quiet=Quiet.of("19:00-07:00", zone), quiet_days=frozenset({6}), zone=zone)
    for hour, quiet in ((17, False), (18, True), (23, True), (5, True), (6, False)):
        assert policy.is_quiet(datetime(2026, 11, 23, hour, 30, tzinfo=UTC)) == quiet
    assert policy.is_quiet(datetime(2026, 11, 22, 10, tzinfo=UTC))


def reasons(store: Store, limits: Limits) -> tuple[str, ...]:
    with store.read() as connection:
        return held_by(connection, waiting_rows(connection), limits)


def test_the_brake_holds_a_push_that_would_drop_many_and_a_person_lets_it_go_with_a_reason(
    store: Store, scored: Scored, result_of: Make
) -> None:
    def of_all(known: object) -> list[ClientResult]:
        return [result_of(known, client=number, company=f"{number}0") for number in (1, 2, 3)]

    with store.write() as connection:
        connection.execute(insert(score_run).values(id=1, at=0, rules_hash="x", clients=3, changed=3))
        connection.execute(
            insert(client_score),
            [
                {"client": n, "score_run": 1, "at": 0, "rules_hash": "x", "score": 50.0, "score_without": 50.0,
                 "proof": 1.0, "is_provisional": False}
                for n in (1, 2, 3)
            ],
        )  # fmt: skip
    scored(*of_all(GOOD))
    assert reasons(store, Limits()) == ()
    (said,) = reasons(store, Limits(notes=2))
    assert said.startswith("3 notes would be written")
    send(store)
    scored(*of_all(BAD))
    write(store)
    (said,) = reasons(store, Limits())
    assert said.startswith(
        "3 of 3 clients would stand a level lower than in their last note (more than 20%): C1, C2, C3"
    )
    assert reasons(store, Limits(drop=1.0)) == ()
    with store.write() as connection:
        assert end_hold(connection, "anna", "x", NOW) is None
        rows = [row.id for row in waiting_rows(connection)]
        assert hold(connection, [said], rows, NOW)[1]
        assert not hold(connection, [said], rows, NOW)[1]
    with store.write() as connection:
        assert end_hold(connection, "anna", "The new rules are right", NOW) is not None
        assert open_hold(connection) is None
    assert reasons(store, Limits()) == ()
    with store.write() as connection:
        hold(connection, ["another"], [], NOW)
        drop_hold(connection, NOW)
        assert open_hold(connection) is None


def test_the_brake_holds_a_note_on_a_client_that_lost_most_of_its_records(
    store: Store, scored: Scored, result_of: Make
) -> None:
    with store.write() as connection:
        connection.execute(
            insert(link).values(account=1, company="10", client=1, state="linked", method="master", at=0)
        )
        connection.execute(
            insert(evidence["asset"]),
            [
                {"account": 1, "id": str(n), "company": "10", "digest": 1, "fetched_at": 0, "gone_at": None}
                for n in range(12)
            ],
        )
    scored(result_of(GOOD))
    send(store)
    scored(result_of(BAD))
    write(store)
    assert reasons(store, Limits()) == ()
    later = int(NOW.timestamp()) + 60
    with store.write() as connection:
        table = evidence["asset"]
        connection.execute(table.update().where(table.c.id > "1").values(gone_at=later))
    (said,) = reasons(store, Limits())
    assert said.startswith(
        "1 clients have lost more than 50% of their records since their last note: C1 (10 of 12"
    )
