"""What is made once for a set of rules: it is the same thing again, and there is an end to how much of it is kept."""

from sevenc_sync.score import Rules, explain, read_estates
from sevenc_sync.score.kept import Kept
from tests.score.conftest import NOW, World


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
