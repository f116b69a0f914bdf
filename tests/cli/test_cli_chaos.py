"""The demo with vendors that misbehave in every way: the same scores, the same notes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("sevenc-sync")


def sevenc(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=240, check=False)  # noqa: S603 - our own program


def scores(home: Path) -> list[object]:
    shown = sevenc("--config", str(home / "config.toml"), "clients", "--json")
    return [
        [client["name"], client["score"], client["proof"], [block["level"] for block in client["blocks"]]]
        for client in json.loads(shown.stdout)
    ]


@pytest.mark.parametrize("psa", ["connectwise", "autotask"])
def test_chaos_changes_no_score(psa: str, tmp_path: Path) -> None:
    common = ("demo", "--once", "--clients", "12", "--psa", psa)
    for attempt in ("one", "two"):
        calm_home, wild_home = tmp_path / f"calm {attempt}", tmp_path / f"wild {attempt}"
        calm = sevenc(*common, "--home", str(calm_home))
        wild = sevenc(*common, "--home", str(wild_home), "--chaos")
        if calm.stdout.splitlines()[0] == wild.stdout.splitlines()[0]:
            break  # both worlds are as of the same hour
    assert calm.returncode == 0, calm.stderr
    assert wild.returncode in (0, 3), wild.stderr
    assert "The vendors misbehave" in wild.stdout
    assert scores(wild_home) == scores(calm_home)
    assert wild.stdout.splitlines()[-1] == calm.stdout.splitlines()[-1] == "12 notes written."
