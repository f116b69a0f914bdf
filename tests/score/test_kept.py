"""What is made once for a set of rules: it is the same thing again, and there is an end to how much of it is kept."""

import sqlite3

from sevenc_sync.clock import to_seconds
from sevenc_sync.score import Rules, explain, read_estates
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.counting import all_sums
from sevenc_sync.score.kept import Kept
from sevenc_sync.score.words import Phrases
from tests.score.conftest import NOW, World
from tests.score.random_world import fill


def test_what_was_not_used_for_the_longest_time_goes_first() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    kept = Kept(2)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert kept.get(name, lambda name=name: make(name)) == name  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]
    assert len(kept) == 2


def test_a_second_client_needs_no_new_statements(sqlite_world: World, rules: Rules) -> None:
    for number in (1, 2):
        sqlite_world.client(number)

    def look(number: int) -> int:
        explain(sqlite_world.store, rules, NOW, sqlite_world.feeds, number, "continuous.backup-management")
        read_estates(sqlite_world.store, rules, NOW, [number])
        return len(rules.statements)

    assert look(1) == look(2)


def test_no_statement_that_counts_is_planned_anew_each_time(sqlite_world: World, rules: Rules) -> None:
    """SQLite tells when it plans a statement: it asks whether its columns may be read."""
    fill(sqlite_world, 1)
    planned: list[int] = []

    def watch(action: int, *_: object) -> int:
        planned.append(action)
        return sqlite3.SQLITE_OK

    with sqlite_world.store.read() as connection:
        binder = Binder(rules, to_seconds(NOW), Phrases.read(connection), "sqlite", [1])
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.set_authorizer(watch)
        counts = []
        for _ in range(3):
            all_sums(connection, binder)
            counts.append(planned.count(sqlite3.SQLITE_READ))
        raw.set_authorizer(None)
    assert counts[0] == counts[1] == counts[2] > 0
