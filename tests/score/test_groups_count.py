"""A group's RPO counts for its own clients, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import update

from sevenc_sync.model import Asset, Protection
from sevenc_sync.score import (
    Rules,
    RulesInvalid,
    builtin_rules_dir,
    explain,
    load_book,
    load_rules,
    moves,
    preview,
    target_moves,
)
from sevenc_sync.store import tables
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

BACKED_UP = "continuous.backup-management.protected-coverage"
GROUPS = """
[[group]]
id = "strict"
clients = ["x"]
rpo_hours = 4

[[group]]
id = "relaxed"
clients = ["y"]
rpo_hours = 72.5

[[group]]
id = "without"
clients = ["z"]
"""


@pytest.fixture
def grouped(tmp_path: Path) -> Rules:
    (tmp_path / "own.toml").write_text(GROUPS, encoding="utf-8")
    return load_rules([builtin_rules_dir(), tmp_path])


def backed_up(world: World, client: int, hours: float, group: str | None) -> None:
    """A client of that group with one server whose last backup is so many hours ago."""
    world.client(client)
    world.put(PSA, Asset(id=f"s{client}", company=f"c{client}", type="Server"))
    world.put(BACKUP, Protection(id=f"p{client}", company=f"b{client}", last_success_at=ago(hours=hours)))
    world.device(client, ("asset", PSA, f"s{client}"), ("protection", BACKUP, f"p{client}"))
    with world.store.write() as connection:
        connection.execute(update(tables.client).where(tables.client.c.id == client).values(grp=group))


def test_each_clients_own_hours_decide_and_24_where_none_are_agreed(world: World, grouped: Rules) -> None:
    cases = [
        (3.9, "strict", 100.0), (4.1, "strict", 0.0), (72.5, "relaxed", 100.0), (72.6, "relaxed", 0.0),
        (24, "without", 100.0), (24.1, "without", 0.0), (24, None, 100.0), (25, "no more", 0.0),
    ]  # fmt: skip
    for number, (hours, group, _) in enumerate(cases, start=1):
        backed_up(world, number, hours, group)
    results = world.score(grouped)
    found = [
        next(item.value for item in results[number].indicators if item.id == BACKED_UP)
        for number in range(1, len(cases) + 1)
    ]
    assert found == [value for _, _, value in cases]
    (late,) = explain(world.store, grouped, NOW, world.feeds, 2, BACKED_UP)
    assert [row.id for row in late.to_fix] == ["s2"]


def test_a_server_without_any_backup_is_never_within_the_agreed_hours(world: World, grouped: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="s", company="c1", type="Server"))
    assert world.indicator(grouped, BACKED_UP).value == 0.0


def test_the_default_must_be_a_number(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        f'[[indicator]]\nid = "{BACKED_UP}"\ngood = "hours_between(updated_at, now()) < rpo_hours(name)"\n',
        encoding="utf-8",
    )
    with pytest.raises(RulesInvalid, match="is a text: name; expected a number"):
        load_rules([builtin_rules_dir(), tmp_path])


def test_other_groups_move_what_they_would_move_once_companies_are_matched(
    world: World, tmp_path: Path
) -> None:
    for number in (1, 2):
        backed_up(world, number, 5, None)
    before = load_book([builtin_rules_dir()])
    (tmp_path / "own.toml").write_text(
        '[[group]]\nid = "strict"\nclients = ["Client 1"]\nrpo_hours = 4\ntarget = 4\n'
        "targets = { continuous = 5 }\n",
        encoding="utf-8",
    )
    after = load_book([builtin_rules_dir(), tmp_path])
    with world.store.read() as connection:
        moved = list(moves(connection, before, after, [NOW], world.feeds))
        there_and_back = list(moves(connection, after, before, [NOW], world.feeds))
        targets = target_moves(connection, before.at(NOW), after.at(NOW))
    assert {item.client for item in moved} == {1}
    (area,) = [item for item in moved if item.kind == "area"]
    assert [(item.id, item.how) for item in area.by] == [(BACKED_UP, "words")]
    assert [(item.slug, item.after) for item in there_and_back] == [
        (item.slug, item.before) for item in moved
    ]
    assert [(item.client, item.before, item.after) for item in targets] == [(1, 3, 5), (1, 3, 4)]
    assert {slug.partition(".")[0] for slug in targets[0].areas} == {"continuous"}
    assert len(targets[0].areas + targets[1].areas) == len(after.at(NOW).areas)


def test_a_client_without_its_record_stays_in_its_group(world: World, grouped: Rules) -> None:
    backed_up(world, 1, 5, "strict")
    with world.store.write() as connection:
        company = tables.evidence["company"]
        connection.execute(update(company).where(company.c.id == "c1").values(gone_at=0))
    with world.store.read() as connection:
        (result,) = preview(connection, grouped, NOW, world.feeds)
    assert next(item.value for item in result.indicators if item.id == BACKED_UP) == 0.0
