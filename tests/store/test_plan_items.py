"""Items of plans: short ids that stay, whatever else has the same beginning, and decisions that leave a trace."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.database import Store
from sevenc_sync.store.plan_items import (
    Action,
    Decision,
    NewItem,
    PlanItem,
    add_plan_items,
    decide,
    item_id,
    read_plan_items,
    typed_id,
    write_plan_items,
)
from sevenc_sync.store.tables import account, client, dirty

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


@pytest.fixture
def clients(store: Store) -> Store:
    """A store with the clients 1 and 2."""
    with store.write() as connection:
        connection.execute(insert(account).values(id=1, name="psa", connector="test", is_stopped=False))
        for number in (1, 2):
            row = {"id": number, "name": f"Client {number}", "account": 1, "company": f"c{number}"}
            connection.execute(insert(client).values(**row, is_active=True, created_at=0))
    return store


def add(store: Store, *items: NewItem) -> dict[int, dict[str, PlanItem]]:
    with store.write() as connection:
        add_plan_items(connection, items, NOW)
    with store.read() as connection:
        return read_plan_items(connection, [1, 2])


def alike() -> tuple[str, str]:
    """Two keys whose short ids are the same."""
    seen: dict[str, str] = {}
    for number in range(100_000):
        short = item_id(str(number), 4)
        if short in seen:
            return seen[short], str(number)
        seen[short] = str(number)
    raise AssertionError("a million short ids, and no two of these keys meet")


def test_an_id_is_short_and_depends_on_its_key_alone() -> None:
    assert item_id("1\nc1\narea.indicator", 4) == item_id("1\nc1\narea.indicator", 4)
    assert item_id("a", 6).startswith(item_id("a", 4))
    assert len(item_id("a", 4)) == len("7C-4F2A")
    assert item_id("a", 4) != item_id("b", 4)


def test_two_keys_that_begin_alike_get_ids_of_their_own(clients: Store) -> None:
    one, other = alike()
    found = add(clients, NewItem(1, one, "i"), NewItem(2, other, "i"))
    assert (found[1]["i"].id, found[2]["i"].id) == (item_id(one, 4), item_id(other, 5))


def test_a_later_item_leaves_the_id_of_an_earlier_one_alone(clients: Store) -> None:
    one, other = alike()
    before = add(clients, NewItem(1, other, "i"))
    after = add(clients, NewItem(1, one, "j"))
    assert (after[1]["i"].id, after[1]["j"].id) == (before[1]["i"].id, item_id(one, 5))


def test_an_item_that_is_there_is_not_opened_twice(clients: Store) -> None:
    before = add(clients, NewItem(1, "k", "i"))
    assert add(clients, NewItem(1, "k", "i")) == before


@pytest.mark.parametrize("typed", ["7C-0A1B", "7c-0a1b", " 0A1B ", "oaib", "7C-OALB"])
def test_an_id_is_understood_as_people_type_it(typed: str) -> None:
    assert typed_id(typed) == "7C-0A1B"


@pytest.mark.parametrize(
    ("action", "state"), [("accept", "accepted"), ("done", "done"), ("reopen", "open"), ("risk", "risk")]
)
def test_a_decision_is_kept_and_stands_in_the_audit_log(clients: Store, action: Action, state: str) -> None:
    number = add(clients, NewItem(1, "k", "a.b.i"))[1]["a.b.i"].id
    day = NOW + timedelta(days=30)
    told = {
        "accept": Decision(action="accept", by="anna", owner="ben", due=day),
        "risk": Decision(action="risk", by="anna", reason="replaced in March", until=day),
    }
    with clients.write() as connection:
        after = decide(
            connection, 1, number.lower(), told.get(action, Decision(action=action, by="anna")), NOW
        )
    with clients.read() as connection:
        (entry,) = read_audit(connection, limit=9, client=1)
        stored = read_plan_items(connection, [1])[1]["a.b.i"]
    assert after == stored
    assert (stored.state, stored.by, stored.changed_at) == (state, "anna", NOW)
    assert (entry.actor, entry.action, entry.subject) == ("anna", f"plan-{action}", number)
    extra = {
        "accept": {"owner": "ben", "due": "2026-12-26T08:00:00+00:00"},
        "risk": {"reason": "replaced in March", "until": "2026-12-26T08:00:00+00:00"},
    }
    assert entry.detail == {"indicator": "a.b.i", "was": "open", **extra.get(action, {})}


def test_a_decision_forgets_what_belonged_to_the_one_before(clients: Store) -> None:
    number = add(clients, NewItem(1, "k", "i"))[1]["i"].id
    day = NOW + timedelta(days=30)
    with clients.write() as connection:
        decide(connection, 1, number, Decision(action="risk", by="anna", reason="r", until=day), NOW)
        after = decide(connection, 1, number, Decision(action="accept", by="ben", owner="eva", due=day), NOW)
        assert after is not None
        assert (after.reason, after.until, after.owner, after.due_at) == (None, None, "eva", day)
        again = decide(connection, 1, number, Decision(action="reopen", by="ben"), NOW)
    assert again is not None
    assert (again.due_at, again.owner) == (None, "eva")


def test_a_decision_marks_its_client_for_the_next_scoring(clients: Store) -> None:
    number = add(clients, NewItem(2, "k", "i"))[2]["i"].id
    with clients.write() as connection:
        decide(connection, 2, number, Decision(action="done", by="anna"), NOW)
        decide(connection, 2, number, Decision(action="reopen", by="anna"), NOW)
        assert [tuple(row) for row in connection.execute(select(dirty))] == [(1, "c2", "plan_item")]


def test_an_item_of_somebody_else_is_not_there(clients: Store) -> None:
    number = add(clients, NewItem(1, "k", "i"))[1]["i"].id
    with clients.write() as connection:
        assert decide(connection, 2, number, Decision(action="done", by="anna"), NOW) is None
        assert read_audit(connection, limit=9) == []


def test_more_items_than_one_statement_takes_are_all_opened(sqlite_store: Store) -> None:
    with sqlite_store.write() as connection:
        connection.execute(insert(account).values(id=1, name="psa", connector="test", is_stopped=False))
        row = {"id": 1, "name": "C", "account": 1, "company": "c", "is_active": True, "created_at": 0}
        connection.execute(insert(client).values(**row))
        add_plan_items(connection, [NewItem(1, str(n), str(n)) for n in range(40_000)], NOW)
        items = read_plan_items(connection, [1])[1]
        assert len(items) == len({item.id for item in items.values()}) == 40_000
        write_plan_items(connection, [])
        assert max(len(item.id) for item in items.values()) <= len("7C-") + 6
