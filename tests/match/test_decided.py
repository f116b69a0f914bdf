"""People's decisions in real stores: carried out, kept against matching, and taken back without a trace."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sevenc_sync.match import match_clients
from sevenc_sync.model import Asset, Company
from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.decided import NewDecision, NotInForce, decide, decisions, set_batch, undo
from sevenc_sync.store.links import LinkRow, link_of
from sevenc_sync.store.tables import client, link
from tests.match.test_match_store import GROUND, LATER, NOW, accounts, put


def ready(store: Store) -> None:
    accounts(store)
    put(
        store,
        1,
        [
            Company(id="10", name="Acme Ltd", types="Client"),
            Company(id="11", name="Beta GmbH", types="Client"),
        ],
    )
    put(
        store,
        2,
        [Company(id="t1", name="Acme"), Company(id="t2", name="Bettta"), Asset(id="a", company="t2")],
    )
    match(store)


def match(store: Store) -> None:
    match_clients(store, GROUND, LATER)


def say(store: Store, verdict: Any, company: str, owner: int | None = None) -> int | None:
    made = NewDecision(verdict=verdict, account=2, record=company, client=owner, by="anna")
    with store.write() as connection:
        return decide(connection, NOW, made)


def take_back(store: Store, number: int | None = None) -> list[int]:
    with store.write() as connection:
        return [item.id for item in undo(connection, NOW, "bob", number)]


def line(store: Store, company: str) -> LinkRow:
    with store.read() as connection:
        found = link_of(connection, (2, company))
    assert found is not None
    return found


def ledger(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        rows = [*connection.execute(select(link)), *connection.execute(select(client))]
    return sorted((tuple(row) for row in rows), key=repr)


@pytest.fixture
def filled(store: Store) -> Store:
    ready(store)
    return store


def test_a_link_says_by_whom_when_and_how_sure(filled: Store) -> None:
    automatic = line(filled, "t1")
    assert (automatic.method, automatic.detail, automatic.confidence, automatic.by) == (
        "name",
        "equal name: acme",
        0.98,
        None,
    )
    say(filled, "link", "t2", 2)
    made = line(filled, "t2")
    assert (made.client, made.state, made.method, made.confidence, made.by, made.at) == (
        2,
        "linked",
        "operator",
        1.0,
        "anna",
        int(NOW.timestamp()),
    )


@pytest.mark.parametrize(
    ("verdict", "company", "owner", "expected"),
    [
        ("link", "t1", 2, ("linked", 2)),
        ("ignore", "t1", None, ("ignored", None)),
        ("unlink", "t1", None, ("review", None)),
        ("never", "t1", 1, ("review", None)),
        ("link", "t2", 1, ("linked", 1)),
    ],
)
def test_matching_never_overrides_a_person_and_undo_leaves_no_trace(
    filled: Store, verdict: str, company: str, owner: int | None, expected: tuple[str, int | None]
) -> None:
    before = ledger(filled)
    say(filled, verdict, company, owner)
    for _ in range(2):
        match(filled)
        row = line(filled, company)
        assert (row.state, row.client) == expected
    take_back(filled)
    assert ledger(filled) == before
    match(filled)
    assert ledger(filled) == before


def test_linking_then_unlinking_leaves_state_and_client_as_before(filled: Store) -> None:
    before = line(filled, "t2")
    say(filled, "link", "t2", 1)
    say(filled, "unlink", "t2")
    match(filled)
    after = line(filled, "t2")
    assert (after.state, after.client) == (before.state, before.client) == ("review", None)


def test_the_same_word_twice_is_one_decision(filled: Store) -> None:
    assert say(filled, "link", "t2", 1) is not None
    assert say(filled, "link", "t2", 1) is None
    with filled.read() as connection:
        assert len(decisions(connection)) == 1


def test_a_later_word_replaces_an_earlier_one_and_undo_brings_that_back(filled: Store) -> None:
    first = say(filled, "link", "t2", 1)
    second = say(filled, "link", "t2", 2)
    with pytest.raises(NotInForce, match=f"decision {second} replaced it"):
        take_back(filled, first)
    assert take_back(filled) == [second]
    assert line(filled, "t2").client == 1
    assert take_back(filled) == [first]
    with pytest.raises(NotInForce, match="there is no decision to undo"):
        take_back(filled)
    with pytest.raises(NotInForce, match="it was undone"):
        take_back(filled, first)
    with pytest.raises(NotInForce, match="there is no decision 99"):
        take_back(filled, 99)


def test_never_ends_a_persons_link_to_that_client_and_a_link_ends_the_never(filled: Store) -> None:
    say(filled, "link", "t2", 1)
    say(filled, "never", "t2", 1)
    assert line(filled, "t2").state == "review"
    say(filled, "link", "t2", 1)
    with filled.read() as connection:
        assert [item.verdict for item in decisions(connection, in_force=True)] == ["link"]


def test_what_was_decided_at_once_is_undone_at_once(filled: Store) -> None:
    before = ledger(filled)
    numbers = [say(filled, "link", "t2", 1), say(filled, "ignore", "t1")]
    with filled.write() as connection:
        set_batch(connection, [number for number in numbers if number is not None])
    assert take_back(filled) == sorted((number for number in numbers if number), reverse=True)
    assert ledger(filled) == before


def test_every_change_stands_in_the_audit_log_with_its_maker(filled: Store) -> None:
    say(filled, "link", "t2", 1)
    take_back(filled)
    put(filled, 2, [Company(id="t1", name="Acme Holding")])
    match(filled)
    put(filled, 2, [Company(id="t1", name="Beta")])
    match(filled)
    with filled.read() as connection:
        rows = read_audit(connection, limit=9)
    assert [(row.actor, row.action, row.subject) for row in rows] == [
        ("sevenc-sync", "match-change", "backup/t1"),
        ("sevenc-sync", "match-rename", "backup/t1"),
        ("sevenc-sync", "match-rename", "backup/t1"),
        ("bob", "match-undo", "backup/t2"),
        ("anna", "match-link", "backup/t2"),
    ]
    assert rows[2].detail == {"from": "Acme", "to": "Acme Holding"}
    assert (rows[0].detail["was"], rows[0].detail["state"], rows[0].detail["was_client"]) == (
        "linked",
        "review",
        1,
    )


def test_a_rename_of_a_company_that_a_person_linked_is_noted_once(filled: Store) -> None:
    say(filled, "link", "t2", 1)
    put(filled, 2, [Company(id="t2", name="Gamma")])
    match(filled)
    match(filled)
    with filled.read() as connection:
        rows = [row.action for row in read_audit(connection, limit=9)]
    assert rows == ["match-rename", "match-link"]
    assert (line(filled, "t2").name, line(filled, "t2").client) == ("Gamma", 1)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["link", "unlink", "ignore", "never"]),
        st.sampled_from(["t1", "t2"]),
        st.sampled_from([1, 2]),
        st.booleans(),
    ),
    max_size=7,
)


@given(STEPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_undoing_everything_restores_the_ledger_whatever_was_decided(
    sqlite_store: Store, steps: list[tuple[str, str, int, bool]]
) -> None:
    if not ledger(sqlite_store):
        ready(sqlite_store)
    before = ledger(sqlite_store)
    made = 0
    for verdict, company, owner, is_matched in steps:
        number = say(sqlite_store, verdict, company, owner if verdict in ("link", "never") else None)
        made += number is not None
        if is_matched:
            match(sqlite_store)
    for _ in range(made):
        take_back(sqlite_store)
    match(sqlite_store)
    assert ledger(sqlite_store) == before
