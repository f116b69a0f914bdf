"""The store from the command line: backups that come back, and forgetting what was counted before."""

from pathlib import Path
from typing import Any


def test_a_backup_in_a_folder_comes_back_and_old_ones_go(copy_of: Any, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "sevenc-sync-20200101T000000Z.db").write_text("old")
    (folder / "mine.db").write_text("not ours")
    before = [row["name"] for row in copy_of.json("clients")]
    made = copy_of.json("db", "backup", str(folder), "--keep", "1")
    assert made["deleted"] == ["sevenc-sync-20200101T000000Z.db"]
    assert made["rows"]["client"] == len(before)
    assert sorted(file.name for file in folder.iterdir()) == ["mine.db", Path(made["file"]).name]
    assert copy_of("db", "forget-client", before[0], "--by", "me", "--yes").exit_code == 0
    assert before[0] not in [row["name"] for row in copy_of.json("clients")]
    shown = copy_of("db", "restore", made["file"])
    assert "Nothing was changed" in shown.output.replace("\n", " ")
    assert before[0] not in [row["name"] for row in copy_of.json("clients")]
    restored = copy_of.json("db", "restore", made["file"], "--yes")
    assert restored["restored"]
    assert Path(restored["kept"]).is_file()
    assert [row["name"] for row in copy_of.json("clients")] == before


def test_a_backup_does_not_write_over_a_file(copy_of: Any, tmp_path: Path) -> None:
    file = tmp_path / "there"
    file.write_text("x")
    assert copy_of("db", "backup", str(file)).exit_code == 2
    assert file.read_text() == "x"


def test_a_client_that_is_forgotten_comes_back_with_the_next_whole_pass(copy_of: Any) -> None:
    name = copy_of.json("clients")[0]["name"]
    counted = copy_of.json("db", "forget-client", name, "--by", "me")
    assert counted["forgotten"] is False
    assert counted["rows"]["ticket"] > 0
    done = copy_of.json("db", "forget-client", name, "--by", "me", "--yes")
    assert done["rows"] == counted["rows"]
    (entry,) = [row for row in copy_of.json("audit") if row["action"] == "forget-client"]
    assert (entry["actor"], entry["detail"]["ticket"]) == ("me", counted["rows"]["ticket"])
    assert copy_of("db", "forget-client", name, "--by", "me", "--yes").exit_code == 1
    assert copy_of("sync", "--full").exit_code == 0
    assert copy_of("score").exit_code == 0
    assert name in [row["name"] for row in copy_of.json("clients")]


def test_an_account_that_is_still_read_is_not_forgotten(copy_of: Any) -> None:
    assert copy_of("db", "forget-account", "backup", "--by", "me").exit_code == 0
    refused = copy_of("db", "forget-account", "backup", "--by", "me", "--yes")
    assert refused.exit_code == 1
    assert "enabled = false" in refused.output
