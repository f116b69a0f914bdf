"""A sync that is killed without a warning loses nothing: the next one goes on at once and ends at the same evidence."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("sevenc-sync")


@pytest.mark.parametrize(
    ("account", "pattern", "count"),
    [
        ("psa", "/service/tickets", 2),  # between two pages of a long list
        ("psa", "/additions", 4),  # among the lists below other records
        ("psa", "/company/companies\\?", 1),  # before anything that points to companies
        ("backup", "/asset", 3),
    ],
)
def test_a_killed_sync_is_continued_to_the_same_evidence(
    site: Any, proxy: Any, evidence_of: Any, tmp_path: Path, account: str, pattern: str, count: int
) -> None:
    with proxy(site.base_url(account), hold_at=(pattern, count)) as held:
        config = site.through({account: held.base_url})
        command = [str(PROGRAM), "--config", str(config), "sync"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as victim:  # noqa: S603
            assert held.reached.wait(60)
            victim.send_signal(signal.SIGKILL)
            assert victim.wait(30) == -signal.SIGKILL
        held.release.set()
        assert "running" in {row["state"] for row in site.json("status")["streams"]}
        result = site("sync")
    assert result.exit_code == 0
    assert "busy" not in result.stdout
    assert {row["state"] for row in site.json("runs", "-n", "100")} == {"ok", "lost"}

    undisturbed = site.home.folder.parent / "undisturbed"
    undisturbed.mkdir()
    (undisturbed / "secrets").symlink_to(site.home.folder / "secrets")
    (undisturbed / "config.toml").write_text(site.home.config.read_text())
    for args in (("db", "upgrade"), ("sync",)):
        assert site(*args, config=undisturbed / "config.toml").exit_code == 0
    assert evidence_of(site.home.folder) == evidence_of(undisturbed)
