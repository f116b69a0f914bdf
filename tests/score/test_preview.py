"""What would come out at another clock or under other rules, told before it counts and kept nowhere."""

from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import func, select

from sevenc_sync.model import ProtectionRun, Ticket
from sevenc_sync.score import (
    Move,
    RuleBook,
    Rules,
    builtin_rules_dir,
    load_book,
    moves,
    preview,
    rule_changes,
)
from sevenc_sync.store import tables
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

SUCCESS = "continuous.backup-management.job-success"
AREA = "continuous.backup-management"


def changed(folder: Path, text: str) -> RuleBook:
    (folder / "own.toml").write_text(text, encoding="utf-8")
    return load_book([builtin_rules_dir(), folder], at_once=[folder])


def two_clients(world: World) -> None:
    """One with good backups, one whose backups fail half the time."""
    for n in (1, 2):
        world.client(n)
        world.put(
            BACKUP,
            *[
                ProtectionRun(
                    id=f"{n}-{i}",
                    company=f"b{n}",
                    protection="p",
                    at=ago(i),
                    result="ok" if n == 1 or i % 2 else "failed",
                )
                for i in range(60)
            ],
        )
        world.put(
            PSA, *[Ticket(id=f"{n}-{i}", company=f"c{n}", board="Help", opened_at=ago(i)) for i in range(9)]
        )


def found(world: World, after: RuleBook, *clocks_ago: float) -> list[Move]:
    before = load_book([builtin_rules_dir()])
    with world.store.read() as connection:
        return list(
            moves(connection, before, after, [ago(days) for days in clocks_ago or (0.0,)], world.feeds)
        )


def test_a_preview_at_the_clock_is_what_scoring_gives(world: World, rules: Rules) -> None:
    two_clients(world)
    with world.store.read() as connection:
        shown = preview(connection, rules, NOW, world.feeds)
    assert {item.client: item for item in shown} == world.score(rules)


def test_a_preview_keeps_nothing(sqlite_world: World, rules: Rules) -> None:
    two_clients(sqlite_world)
    with sqlite_world.store.read() as connection:
        preview(connection, rules, NOW, sqlite_world.feeds)
        for table in (tables.score_run, tables.client_score, tables.indicator_score):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_past_the_freshness_of_a_rule_its_pass_and_its_fail_become_unknown(
    world: World, rules: Rules
) -> None:
    two_clients(world)
    later = NOW + timedelta(days=4)
    with world.store.read() as connection:
        now, then = (preview(connection, rules, moment, world.feeds) for moment in (NOW, later))
    levels = [{r.client: r.indicators for r in results} for results in (now, then)]
    for client in (1, 2):
        before, after = ({i.id: i for i in found[client]}[SUCCESS] for found in levels)
        assert before.level is not None
        assert after.level is None
        assert after.reason is not None
        assert "last read to the end on 2026-06-15" in after.reason
    assert all(b.proof > a.proof for b, a in zip(now, then, strict=True))
    assert {a.score for a in then} == {None}


def test_a_harder_ladder_moves_exactly_the_client_whose_value_it_meets(world: World, tmp_path: Path) -> None:
    two_clients(world)
    after = changed(tmp_path, f'[[indicator]]\nid = "{SUCCESS}"\nlevels = [80, 90, 95, 98, 99]\n')
    moved = found(world, after)
    assert {item.client for item in moved} == {2}
    assert [item.slug for item in moved] == ["", "continuous", AREA]
    (area,) = [item for item in moved if item.kind == "area"]
    (by,) = area.by
    assert (by.id, by.how) == (SUCCESS, "changed")
    assert by.before is not None
    assert by.after is not None
    assert by.after < by.before
    assert area.before is not None
    assert area.after is not None
    assert area.after < area.before


def test_rules_that_are_the_same_move_nothing(sqlite_world: World, tmp_path: Path) -> None:
    two_clients(sqlite_world)
    assert found(sqlite_world, changed(tmp_path, "")) == []


def test_a_rule_that_is_switched_off_and_one_that_is_added_are_named(
    sqlite_world: World, tmp_path: Path
) -> None:
    two_clients(sqlite_world)
    own = f"{AREA}.own"
    text = f'[[indicator]]\nid = "{SUCCESS}"\nenabled = false\n'
    text += f'[[indicator]]\nid = "{own}"\ntitle = "Own"\nrows = "protection_runs"\ngood = "true"\n'
    text += 'levels = [1, 2, 3, 4, 5]\nwhy = "w"\nfix = "f"\nbasis = "b"\nsources = ["backup"]\n'
    after = changed(tmp_path, text)
    (area,) = [item for item in found(sqlite_world, after) if (item.client, item.slug) == (2, AREA)]
    assert {(item.id, item.how, item.after) for item in area.by} == {
        (SUCCESS, "switched off", None),
        (own, "added", 5.0),
    }
    before = load_book([builtin_rules_dir()]).at(NOW)
    assert [(item.id, item.how) for item in rule_changes(before, after.at(NOW))] == [
        (SUCCESS, "switched off"),
        (own, "added"),
    ]


def test_other_words_move_levels_though_no_indicator_changed(sqlite_world: World, tmp_path: Path) -> None:
    sqlite_world.client(1)
    sqlite_world.put(
        PSA, *[Ticket(id=str(i), company="c1", board="Odd", opened_at=ago(i)) for i in range(30)]
    )
    text = '[[tag]]\nid = "own"\nkind = "ticket"\ntags = ["proactive"]\nwords = { board = ["Odd"] }\n'
    after = changed(tmp_path, text)
    moved = found(sqlite_world, after)
    assert {by.how for item in moved for by in item.by} == {"words"}
    assert moved
    assert rule_changes(load_book([builtin_rules_dir()]).at(NOW), after.at(NOW)) == []


def test_what_would_have_shown_only_last_month_is_seen_at_earlier_clocks(
    sqlite_world: World, tmp_path: Path
) -> None:
    sqlite_world.client(1)
    # Failures only, sixty to forty days ago: today's window of 30 days does not hold them.
    runs = [
        ProtectionRun(
            id=f"{i}", company="b1", protection="p", at=ago(i), result="failed" if i >= 40 else "ok"
        )
        for i in range(61)
    ]
    sqlite_world.put(BACKUP, *runs)
    after = changed(tmp_path, f'[[indicator]]\nid = "{SUCCESS}"\ngood = "true"\n')
    assert [item for item in found(sqlite_world, after) if item.slug == AREA] == []
    moved = [item for item in found(sqlite_world, after, 0, 7, 14, 21) if item.slug == AREA]
    assert {item.at for item in moved} == {ago(14), ago(21)}


def test_an_entry_that_waits_for_its_day_is_shown_before_it_counts(
    sqlite_world: World, tmp_path: Path
) -> None:
    two_clients(sqlite_world)
    text = f'[[indicator]]\nid = "{SUCCESS}"\nenable_on = 2099-01-01\nlevels = [80, 90, 95, 98, 99]\n'
    assert {item.client for item in found(sqlite_world, changed(tmp_path, text))} == {2}


def test_moves_are_plain_values_for_machines(sqlite_world: World, tmp_path: Path) -> None:
    two_clients(sqlite_world)
    moved = found(sqlite_world, changed(tmp_path, f'[[indicator]]\nid = "{SUCCESS}"\nenabled = false\n'))
    assert msgspec.json.decode(msgspec.json.encode(moved), type=list[Move]) == moved
