"""Who is scored again: the clients whose evidence changed, and all of them when anything else did."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import Company, Record, Ticket
from sevenc_sync.score import Basis, Rules, due, load_results
from sevenc_sync.score.due import ALL_EVERY, take_marks
from sevenc_sync.score.saving import score_clients
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.tables import attestation, client, dirty, link
from tests.score.conftest import NOW, PSA, World, ago

SOON = NOW + timedelta(minutes=5)


def arrive(world: World, record: Record, account: int = PSA) -> None:
    """A record comes as the stream engine writes it."""
    codec = Codec(type(record))
    with world.store.write() as connection:
        upsert(connection, codec, account, [codec.row(account, record, to_seconds(NOW))])


def ticket(number: int, company: str, **more: Any) -> Ticket:
    values: dict[str, Any] = {"board": "Help Desk", "source": "Phone", "opened_at": ago(3), **more}
    return Ticket(id=f"t{number}", company=company, **values)


def scored(world: World, rules: Rules) -> Basis:
    """Clients 1 to 3 are there and scored; the basis of that."""
    for number in (1, 2, 3):
        world.client(number)
        arrive(world, ticket(number, f"c{number}"))
    first = due(world.store, rules, NOW, world.feeds, None, None)
    assert first.clients is None
    world.score(rules)
    return first.basis


def test_only_clients_with_new_evidence_are_due(world: World, rules: Rules) -> None:
    basis = scored(world, rules)
    assert due(world.store, rules, SOON, world.feeds, basis, NOW).clients == frozenset()
    arrive(world, ticket(9, "c2"))
    arrive(world, ticket(10, "nobody"))
    arrive(world, ticket(1, "c1"))  # as it was
    assert due(world.store, rules, SOON, world.feeds, basis, NOW).clients == frozenset({2})
    assert due(world.store, rules, SOON, world.feeds, basis, NOW).clients == frozenset()


def test_marks_are_taken_once_and_evidence_of_nobody_leaves_none(world: World, rules: Rules) -> None:
    scored(world, rules)
    codec = Codec(Ticket)
    records = [ticket(100 + n, f"c{1 + n % 3}" if n % 2 else f"x{n}") for n in range(1_200)]
    with world.store.write() as connection:
        upsert(connection, codec, PSA, [codec.row(PSA, record, to_seconds(NOW)) for record in records])
    assert take_marks(world.store) == {1, 2, 3}
    with world.store.read() as connection:
        assert connection.execute(select(dirty)).all() == []


@pytest.mark.parametrize("what", ["rules", "stream", "stale", "attested", "group", "clock", "back"])
def test_all_are_due_when_anything_else_changed(world: World, rules: Rules, what: str) -> None:
    basis = scored(world, rules)
    now, own = SOON, rules
    with world.store.write() as connection:
        match what:
            case "attested":
                connection.execute(
                    insert(attestation).values(
                        client=1, field="vml", label="VML", value="3", by="anna", at=to_seconds(NOW)
                    )
                )
            case "group":
                connection.execute(update(client).where(client.c.id == 2).values(grp="gold"))
            case _:
                pass
    match what:
        case "rules":
            own = rules.with_indicators(rules.indicators[1:])
        case "stream":
            world.stream(PSA, "tickets", state="unreadable", why="no right")
        case "stale":
            world.stream(PSA, "tickets", ok=NOW - timedelta(days=30))
        case "clock":
            now = NOW + ALL_EVERY
        case "back":
            now = NOW - timedelta(seconds=1)
        case _:
            pass
    found = due(world.store, own, now, world.feeds, basis, NOW)
    assert found.clients is None


def test_a_new_company_of_a_client_counts_once_it_is_linked(world: World, rules: Rules) -> None:
    basis = scored(world, rules)
    arrive(world, Company(id="late", name="Late"))
    arrive(world, ticket(50, "late"))
    assert due(world.store, rules, SOON, world.feeds, basis, NOW).clients == frozenset()
    with world.store.write() as connection:
        connection.execute(
            insert(link).values(account=PSA, company="late", client=3, state="linked", method="name", at=0)
        )
    arrive(world, ticket(50, "late", summary="again"))
    assert due(world.store, rules, SOON, world.feeds, basis, NOW).clients == frozenset({3})


STEPS = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(0, 6), st.booleans(), st.sampled_from(["Help Desk", "Alerts", "X"])
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_scoring_what_is_due_comes_to_what_scoring_all_comes_to(
    sqlite_world: World, rules: Rules, steps: list[tuple[int, int, bool, str]]
) -> None:
    world = sqlite_world
    with world.store.read() as connection:
        is_new = connection.execute(select(client.c.id)).first() is None
    if is_new:
        scored(world, rules)
    found = due(world.store, rules, NOW, world.feeds, None, None)
    world.score(rules)
    for owner, number, is_closed, board in steps:
        arrive(world, ticket(number, f"c{owner}", is_closed=is_closed, closed_at=ago(1), board=board))
        found = due(world.store, rules, NOW, world.feeds, found.basis, NOW)
        score_clients(world.store, rules, NOW, world.feeds, clients=found.clients)
    partly = load_results(world.store, rules)
    score_clients(world.store, rules, NOW, world.feeds)
    assert load_results(world.store, rules) == partly
