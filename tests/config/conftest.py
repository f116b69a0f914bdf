"""A configuration in a folder of its own, with no environment but what the test gives."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sevenc_sync.config import Configuration, load
from sevenc_sync.connect import redact
from sevenc_sync.mistakes import ConfigInvalid
from sevenc_sync.registry import connectors
from sevenc_sync.secrets import Secrets

PSA_SECRETS = {
    "SEVENC_PSA_PUBLIC_KEY": "public-of-psa",
    "SEVENC_PSA_PRIVATE_KEY": "private-of-psa",
    "SEVENC_PSA_CLIENT_ID": "client-of-psa",
}

Loader = Callable[..., Configuration]
Mistakes = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's environment reaches the settings, and no other test's secrets are known."""
    for name in list(os.environ):
        if name.startswith("SEVENC_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setattr(redact, "_secrets", set())


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    """Loads a text as the configuration file; `environ` and `folder` are where secrets are looked for."""

    def load_text(
        text: str, environ: Mapping[str, str] = PSA_SECRETS, folder: Path | None = None
    ) -> Configuration:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, connectors(), Secrets(environ=environ, folder=folder))

    return load_text


@pytest.fixture
def mistakes_of(loaded: Loader, tmp_path: Path) -> Mistakes:
    """What is said of a wrong configuration: one line for each mistake, without the file's folder."""

    def collect(text: str, **places: object) -> list[str]:
        with pytest.raises(ConfigInvalid) as caught:
            loaded(text, **places)
        assert str(caught.value) == "\n".join(map(str, caught.value.mistakes))
        return [str(mistake).replace(f"{tmp_path}/", "") for mistake in caught.value.mistakes]

    return collect
