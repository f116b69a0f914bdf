"""The file for whoever helps: it says what is needed, and holds no secret and no client."""

import base64
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

PARTS = ["about", "configuration", "rules", "store", "status", "runs", "errors", "quarantine", "alarms"]


def read(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as bundle:
        return {name.removesuffix(".json"): bundle.read(name).decode() for name in bundle.namelist()}


def test_it_holds_what_is_needed_and_neither_secrets_nor_clients(
    scored: Any, world: Any, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.zip"
    assert scored("diagnose", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    parts = read(file)
    assert list(parts) == ["README.txt", *PARTS]
    said = "\n".join(parts.values())
    secrets = [value for account in scored.sandbox.accounts for value in account.secrets.values()]
    assert secrets
    hidden = [*secrets, *(base64.b64encode(value.encode()).decode() for value in secrets)]
    assert [value for value in hidden if value in said] == []
    assert [client.name for client in world.clients if client.name in said] == []
    configuration = json.loads(parts["configuration"])
    assert configuration["accounts"]["psa"]["private_key"] == "(a secret)"
    assert configuration["accounts"]["psa"]["base_url"].startswith("http://127.0.0.1")
    assert json.loads(parts["store"])["rows"]["client"] == len(world.clients)
    assert {row["state"] for row in json.loads(parts["status"])} == {"ok"}
    assert json.loads(parts["about"])["version"]


def test_a_broken_configuration_is_in_it_instead(scored: Any, tmp_path: Path) -> None:
    config = tmp_path / "broken.toml"
    config.write_text('[accounts.psa]\nconnector = "nothing"\n')
    assert scored("diagnose", str(tmp_path / "bundle.zip"), config=config).exit_code == 0
    parts = read(tmp_path / "bundle.zip")
    assert list(parts) == ["README.txt", "about", "configuration"]
    assert "is not a connector" in json.loads(parts["configuration"])["mistakes"][0]


def test_a_file_that_is_there_is_left_alone(scored: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.zip"
    file.write_text("mine")
    assert scored("diagnose", str(file)).exit_code == 2
    assert file.read_text() == "mine"
