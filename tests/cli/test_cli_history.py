"""The history of scores on the command line, and runs computed again."""

import re
import zlib
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence, score_input, score_run

SUCCESS = "continuous.backup-management.job-success"


@pytest.fixture
def twice(copy_of: Any) -> Any:
    """A site that was scored a second time, after all backup runs had turned bad."""
    with store(copy_of) as opened, opened.write() as connection:
        connection.execute(update(evidence["protection_run"]).values(result="failed"))
    assert copy_of("score").exit_code == 0
    return copy_of


def store(site: Any) -> Store:
    return Store.open(f"sqlite:///{site.home.store}")


def moved_client(site: Any) -> str:
    """The name of a client whose score moved."""
    names: list[str] = [row["name"] for row in site.json("clients")]
    return next(name for name in names if len(site.json("history", name)["changes"]) > 1)


def test_a_history_shows_each_change_and_what_moved_it(twice: Any) -> None:
    name = moved_client(twice)
    found = twice.json("history", name)
    newest, oldest = found["changes"]
    assert newest["before"] == oldest["after"] > newest["after"]
    assert "continuous.backup-management" in {item["slug"] for item in newest["moved"]}
    said = twice("history", name).stdout
    assert f"{oldest['after']:.1f}" in said
    assert f"{newest['after']:.1f}" in said
    (area,) = [item for item in newest["moved"] if item["slug"] == "continuous.backup-management"]
    assert {item["slug"].rpartition(".")[2] for item in area["moved"]} & {"job-success", "protected-coverage"}
    assert re.search(r"backup-management \S+ → \S+\s+\((job-success|protected-coverage)", said)
    assert f"█▁  lowest {newest['after']:.1f}, highest {oldest['after']:.1f}" in said


@pytest.mark.parametrize(
    ("target", "kind", "slug"),
    [
        ("continuous", "block", "continuous"),
        ("Backup-Management", "area", "continuous.backup-management"),
        (SUCCESS, "indicator", SUCCESS),
    ],
)
def test_blocks_areas_and_indicators_have_their_own_history(
    twice: Any, target: str, kind: str, slug: str
) -> None:
    found = twice.json("history", moved_client(twice), target)
    assert (found["kind"], found["slug"]) == (kind, slug)
    assert found["changes"][0]["after"] is not None
    assert len(found["changes"]) == 2


def test_a_history_can_be_limited_and_cut_by_a_day(twice: Any) -> None:
    name = moved_client(twice)
    assert len(twice.json("history", name, "-n", "1")["changes"]) == 1
    assert twice.json("history", name, "--since", "2099-01-01")["changes"] == []
    assert (
        "no change of 7C score is kept since 2099-01-01"
        in twice("history", name, "--since", "2099-01-01").stdout
    )
    assert twice("history", name, "--since", "soon").exit_code == 2


def test_a_target_that_is_none_is_told_with_the_nearest_word(twice: Any) -> None:
    result = twice("history", moved_client(twice), "backup-managment")
    assert result.exit_code == 1
    assert "Did you mean" in result.stderr
    assert "backup-management" in result.stderr


def test_runs_replay_after_the_evidence_is_gone(twice: Any) -> None:
    with store(twice) as opened, opened.write() as connection:
        for table in evidence.values():
            connection.execute(delete(table))
    for run in (1, 2):
        result = twice("replay", str(run))
        assert result.exit_code == 0, result.stderr
        assert "identical: " in result.stdout
        found = twice.json("replay", str(run))
        assert (found["identical"], found["clients"], found["differences"]) == (True, 6, [])


def test_a_run_that_comes_out_otherwise_names_client_and_level_with_exit_code_1(twice: Any) -> None:
    with store(twice) as opened, opened.write() as connection:
        row = connection.execute(select(score_input).where(score_input.c.score_run == 2)).first()
        assert row is not None
        text = zlib.decompress(row.body).replace(b'"good":0,', b'"good":1,')
        mine = (score_input.c.client == row.client, score_input.c.score_run == 2)
        connection.execute(update(score_input).where(*mine).values(body=zlib.compress(text)))
    result = twice("replay", "2")
    assert result.exit_code == 1
    assert "differs: " in result.stdout
    assert "was " in result.stdout
    found = twice.json("replay", "2")
    assert {item["client"] for item in found["differences"]} == {row.client}


def test_what_cannot_be_replayed_says_why(twice: Any) -> None:
    result = twice("replay", "99")
    assert result.exit_code == 1
    assert "there is no score run 99; the newest is 2." in result.stderr
    with store(twice) as opened, opened.write() as connection:
        connection.execute(update(score_run).where(score_run.c.id == 1).values(at=0))
    pruned = twice("db", "prune")
    assert pruned.exit_code == 0
    assert "rows deleted" in pruned.stdout
    assert "no longer kept; store.replay_days" in twice("replay", "1").stderr
    assert twice("replay", "2").exit_code == 0
    again = twice.json("db", "prune", "--days", "7")
    assert (again["days"], again["deleted"]) == (7, 0)
