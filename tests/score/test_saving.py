"""What is kept of a score: what has changed, together with what was made of it, or nothing."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Connection, func, insert, select, update

from sevenc_sync.model import Activity, Asset, ProtectionRun, Ticket
from sevenc_sync.score import ClientResult, Rules, load_results, score_clients
from sevenc_sync.store import tables
from sevenc_sync.store.reads import last_scored_at
from tests.score.conftest import BACKUP, NOW, PSA, World, ago, day

Call = tuple[ClientResult, ClientResult | None]


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, _connection: Connection, new: ClientResult, old: ClientResult | None) -> None:
        self.calls.append((new, old))


def some_clients(world: World) -> None:
    """Two clients with a bit of everything."""
    for n in (1, 2):
        world.client(n, custom={"DR Plan Date": day(100 * n), "VML": n})
        world.put(
            PSA,
            *[
                Ticket(id=f"{n}{i}", company=f"c{n}", board="Help Desk", opened_at=ago(i))
                for i in range(6 * n)
            ],
        )
        world.put(PSA, Asset(id=f"s{n}", company=f"c{n}", type="Server", warranty_ends_on=ago(-9)))
        runs = [
            ProtectionRun(id=f"{n}{i}", company=f"b{n}", protection="p", at=ago(i), result="ok")
            for i in range(7)
        ]
        world.put(BACKUP, *runs)


def test_what_is_stored_is_what_was_computed(world: World, rules: Rules) -> None:
    some_clients(world)
    told = Listener()
    summary = score_clients(world.store, rules, NOW, world.feeds, on_scored=told)
    assert [new for new, _ in told.calls] == load_results(world.store, rules)
    assert (summary.clients, summary.changed, summary.rules_hash, summary.at) == (2, 2, rules.hash, NOW)
    with world.store.read() as connection:
        assert last_scored_at(connection) == NOW


def test_that_more_than_somebodys_word_speaks_for_an_indicator_is_stored_too(
    world: World, rules: Rules
) -> None:
    world.client(1, custom={"Last Business Review": day(10)})
    world.client(2, custom={"Last Business Review": day(10)})
    world.put(PSA, Activity(id="m", company="c1", kind="QBR", starts_at=ago(100)))
    told = Listener()
    score_clients(world.store, rules, NOW, world.feeds, on_scored=told)
    assert [new for new, _ in told.calls] == load_results(world.store, rules)
    name = "competent.professional-it-management.review-rhythm"
    attested = [i.is_attested for new, _ in told.calls for i in new.indicators if i.id == name]
    assert attested == [False, True]


def test_the_same_evidence_rules_and_clock_give_the_same_bytes_and_change_nothing(
    world: World, rules: Rules
) -> None:
    some_clients(world)
    first, second = Listener(), Listener()
    score_clients(world.store, rules, NOW, world.feeds, on_scored=first)
    summary = score_clients(world.store, rules, NOW, world.feeds, on_scored=second)
    assert msgspec.json.encode([new for new, _ in first.calls]) == msgspec.json.encode(
        [new for new, _ in second.calls]
    )
    assert summary.changed == 0
    assert [old for _, old in second.calls] == [new for new, _ in first.calls]
    with world.store.read() as connection:
        runs = set(connection.execute(select(tables.client_score.c.score_run)).scalars())
    assert runs == {1}, "the run that last changed a score stays with it"


def test_the_order_in_which_evidence_came_does_not_matter(world: World, rules: Rules) -> None:
    for n, order in ((1, 1), (2, -1)):
        world.client(n, custom={"VML": 3})
        world.put(
            PSA,
            *[
                Ticket(id=f"{i}-{n}", company=f"c{n}", board="Help Desk", hours=0.1 * i, opened_at=ago(i))
                for i in range(30)
            ][::order],
        )
        world.put(
            BACKUP,
            *[
                ProtectionRun(
                    id=f"{i}-{n}",
                    company=f"b{n}",
                    protection="p",
                    at=ago(i),
                    result="ok" if i % 3 else "failed",
                )
                for i in range(9)
            ][::order],
        )
    one, two = (world.score(rules)[n] for n in (1, 2))
    assert one.indicators == two.indicators
    assert one.score == two.score


def test_only_a_client_that_came_out_different_is_written_again(world: World, rules: Rules) -> None:
    some_clients(world)
    world.score(rules)
    world.put(PSA, Asset(id="new", company="c2", type="Server"))
    summary = score_clients(world.store, rules, NOW, world.feeds)
    assert (summary.clients, summary.changed) == (2, 1)
    with world.store.read() as connection:
        rows = connection.execute(select(tables.client_score.c.client, tables.client_score.c.score_run)).all()
    assert sorted((row.client, row.score_run) for row in rows) == [(1, 1), (2, 2)]


def test_what_comes_out_as_before_is_known_by_its_digest(world: World, rules: Rules) -> None:
    some_clients(world)
    score_clients(world.store, rules, NOW, world.feeds)
    digest = tables.client_score.c.digest
    with world.store.write() as connection:
        first = connection.execute(select(digest).order_by(tables.client_score.c.client)).scalars().all()
        # A store of before there were digests: nothing is written anew, and from then on there is one.
        connection.execute(
            update(tables.client_score).where(tables.client_score.c.client == 1).values(digest=None)
        )
    before, told = load_results(world.store, rules), Listener()
    summary = score_clients(world.store, rules, NOW + timedelta(seconds=1), world.feeds, on_scored=told)
    assert (summary.changed, [old for _, old in told.calls]) == (0, before)
    with world.store.read() as connection:
        again = connection.execute(select(digest).order_by(tables.client_score.c.client)).scalars().all()
    assert again == first
    assert len(set(first)) == 2


def test_a_choice_of_clients_leaves_the_others_alone(world: World, rules: Rules) -> None:
    some_clients(world)
    summary = score_clients(world.store, rules, NOW, world.feeds, clients=[2])
    assert summary.clients == 1
    assert [result.client for result in load_results(world.store, rules)] == [2]
    score_clients(world.store, rules, NOW, world.feeds)
    assert [r.client for r in load_results(world.store, rules, [1])] == [1]
    assert score_clients(world.store, rules, NOW, world.feeds, clients=[]).clients == 0


def test_a_listener_writes_in_the_same_transaction_as_the_score(world: World, rules: Rules) -> None:
    some_clients(world)

    def note(connection: Connection, new: ClientResult, _old: ClientResult | None) -> None:
        row = {
            "client": new.client,
            "account": PSA,
            "company": new.company,
            "reference": "r",
            "text": str(new.score),
            "digest": "d",
        }
        connection.execute(insert(tables.outbox).values(**row, state="pending", attempts=0, created_at=0))

    score_clients(world.store, rules, NOW, world.feeds, on_scored=note)
    with world.store.read() as connection:
        rows = connection.execute(select(tables.outbox.c.client, tables.outbox.c.text))
        texts = {row.client: row.text for row in rows}
    assert texts == {result.client: str(result.score) for result in load_results(world.store, rules)}


def test_a_listener_that_fails_takes_the_score_of_its_batch_back(world: World, rules: Rules) -> None:
    some_clients(world)

    def fail(_connection: Connection, _new: ClientResult, _old: ClientResult | None) -> None:
        raise RuntimeError("no outbox")

    with pytest.raises(RuntimeError, match="no outbox"):
        score_clients(world.store, rules, NOW, world.feeds, on_scored=fail)
    assert load_results(world.store, rules) == []
    with world.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.indicator_score)).scalar_one() == 0


def test_an_indicator_that_is_no_more_is_taken_out(world: World, rules: Rules) -> None:
    some_clients(world)
    world.score(rules)
    few = msgspec.structs.replace(rules, indicators=rules.indicators[:3])
    world.score(few)
    with world.store.read() as connection:
        kept = set(connection.execute(select(tables.indicator_score.c.indicator)).scalars())
        slugs = set(connection.execute(select(tables.part_score.c.slug)).scalars())
    assert kept == {item.id for item in few.indicators}
    assert slugs == {"continuous", *(item.area for item in few.indicators)}


def test_new_rules_that_give_the_same_levels_still_leave_their_hash(world: World, rules: Rules) -> None:
    some_clients(world)
    world.score(rules)
    other = msgspec.structs.replace(rules, tags=rules.tags[:-1])
    assert {result.rules_hash for result in world.score(other).values()} == {other.hash} != {rules.hash}


def test_a_stored_result_read_with_more_rules_says_what_was_not_scored(world: World, rules: Rules) -> None:
    some_clients(world)
    few = msgspec.structs.replace(rules, indicators=rules.indicators[:3])
    world.score(few)
    result = load_results(world.store, rules)[0]
    assert {item.reason for item in result.indicators[3:]} == {"not scored yet"}
    assert all(item.level is None for item in result.indicators[3:])


def test_inactive_clients_are_neither_scored_nor_shown(world: World, rules: Rules) -> None:
    some_clients(world)
    world.score(rules)
    with world.store.write() as connection:
        connection.execute(update(tables.client).where(tables.client.c.id == 1).values(is_active=False))
    assert set(world.score(rules)) == {2}


def test_more_clients_than_one_batch_holds_are_all_saved(sqlite_world: World, rules: Rules) -> None:
    for n in range(1, 206):
        sqlite_world.client(n, custom={"VML": n % 5 + 1}, backup=False)
    told = Listener()
    summary = score_clients(sqlite_world.store, rules, NOW, sqlite_world.feeds, on_scored=told)
    assert (summary.clients, summary.changed, len(told.calls)) == (205, 205, 205)
    with sqlite_world.store.read() as connection:
        assert connection.execute(select(tables.score_run.c.changed)).scalar_one() == 205


def test_better_evidence_never_lowers_a_score(sqlite_world: World, rules: Rules) -> None:
    """More good rows, one after the other, on the same number of rows."""
    few = msgspec.structs.replace(
        rules, indicators=(rules.indicator_by_id["continuous.backup-management.job-success"],)
    )
    for n in range(1, 12):
        sqlite_world.client(n)
        runs = [
            ProtectionRun(
                id=f"{n}-{i}",
                company=f"b{n}",
                protection="p",
                at=ago(1),
                result="ok" if i < n - 1 else "failed",
            )
            for i in range(10)
        ]
        sqlite_world.put(BACKUP, *runs)
    levels = [result.indicators[0].level for _, result in sorted(sqlite_world.score(few).items())]
    assert None not in levels
    assert levels == sorted(levels, key=lambda level: level or 0.0)
    assert (levels[0], levels[-1]) == (0.0, 5.0)


def test_a_store_that_was_never_scored_has_no_results(sqlite_world: World, rules: Rules) -> None:
    assert load_results(sqlite_world.store, rules) == []
    with sqlite_world.store.read() as connection:
        assert last_scored_at(connection) is None
