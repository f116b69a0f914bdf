"""Rules in a running process: read again when a file changes, and never worse than before."""

import os
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sevenc_sync.engine.rulefiles import RuleFiles
from sevenc_sync.score import RulesInvalid, builtin_rules_dir

SUCCESS = "continuous.backup-management.job-success"


_stamps = count(1_000_000_000_000_000_000, 1_000_000_000)


def written(folder: Path, weight: str, name: str = "own.toml") -> None:
    path = folder / name
    path.write_text(f'[[indicator]]\nid = "{SUCCESS}"\nweight = {weight}\n', encoding="utf-8")
    # Two writes within one tick of the file system's clock would look the same.
    stamp = next(_stamps)
    os.utime(path, ns=(stamp, stamp))


def weight(files: RuleFiles) -> float:
    return files.book.stages[0][1].indicator_by_id[SUCCESS].weight


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    written(tmp_path, "4")
    files = RuleFiles([builtin_rules_dir(), tmp_path])
    assert weight(files) == 4
    book = files.book
    files.refresh()
    assert files.book is book
    written(tmp_path, "5")
    files.refresh()
    assert weight(files) == 5


def test_a_file_that_comes_or_goes_is_seen(tmp_path: Path) -> None:
    files = RuleFiles([builtin_rules_dir(), tmp_path])
    usual = weight(files)
    written(tmp_path, "6", "late.toml")
    files.refresh()
    assert weight(files) == 6
    (tmp_path / "late.toml").unlink()
    files.refresh()
    assert weight(files) == usual


def test_mistakes_leave_the_old_rules_in_force_and_are_logged_once_each(tmp_path: Path) -> None:
    written(tmp_path, "4")
    files = RuleFiles([builtin_rules_dir(), tmp_path])
    with capture_logs() as logs:
        written(tmp_path, "0")
        files.refresh()
        files.refresh()
        written(tmp_path, '0\ngood = "reslt = 1"')
        files.refresh()
    told = [entry["mistake"] for entry in logs if entry["event"] == "rule mistake"]
    assert len(told) == 2, "the first mistake is still there, and was told before"
    assert ":3: " in told[0]
    assert "[weight]" in told[0]
    assert "did you mean 'result'" in told[1]
    assert weight(files) == 4


def test_mended_rules_count_at_once_and_later_mistakes_are_told_again(tmp_path: Path) -> None:
    files = RuleFiles([builtin_rules_dir(), tmp_path])
    with capture_logs() as logs:
        for value in ("0", "8", "0"):
            written(tmp_path, value)
            files.refresh()
    assert weight(files) == 8
    assert [entry["event"] for entry in logs] == [
        "rule mistake",
        "rules kept",
        "rules read again",
        "rule mistake",
        "rules kept",
    ]


def test_mistakes_at_the_beginning_are_raised(tmp_path: Path) -> None:
    written(tmp_path, "0")
    with pytest.raises(RulesInvalid):
        RuleFiles([builtin_rules_dir(), tmp_path])


def test_a_directory_that_is_taken_away_is_a_mistake_like_others(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    written(folder, "4")
    files = RuleFiles([builtin_rules_dir(), folder])
    (folder / "own.toml").unlink()
    folder.rmdir()
    with capture_logs() as logs:
        files.refresh()
    assert weight(files) == 4
    assert "is no directory" in logs[0]["mistake"]
