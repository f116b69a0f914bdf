"""The quick start in each connector's README is a configuration that is accepted, once its secrets are there."""

import re
from pathlib import Path

import pytest

import connectors
from sevenc_sync.config import load
from sevenc_sync.registry import connectors as known

HOME = Path(connectors.__path__[0])
SECRETS = "/etc/sevenc-sync/secrets"


@pytest.mark.parametrize("name", sorted(path.parent.name for path in HOME.glob("*/__init__.py")))
def test_the_quick_start_is_accepted_and_its_secrets_are_read(name: str, tmp_path: Path) -> None:
    readme = (HOME / name / "README.md").read_text("utf-8")
    start = readme.partition("## Quick start\n")[2].partition("\n## ")[0]
    (shown,) = re.findall(r"^```toml\n(.*?)^```", start, re.MULTILINE | re.DOTALL)
    files = re.findall(rf'"{SECRETS}/([\w.]+)"', shown)
    assert files
    for file in files:
        (tmp_path / file).write_text(f"secret-{file}\n")
        (tmp_path / file).chmod(0o600)
    config = tmp_path / "config.toml"
    config.write_text(shown.replace(SECRETS, str(tmp_path)))
    (account,) = load(config, known()).accounts.values()
    assert account.connector == name
    values = {str(value.get_secret_value()) for _, value in account if hasattr(value, "get_secret_value")}
    assert {f"secret-{file}" for file in files} == values
    assert f"sevenc-sync sync {account.name}" in start
    assert "sevenc-sync check" in start
