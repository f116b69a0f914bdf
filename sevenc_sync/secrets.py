"""Where secrets come from: systemd's credentials directory, the environment, or a file of their own.

Never the configuration file, never the command line. Every value that is read is registered for redaction.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from sevenc_sync.connect import redact

ENV_PREFIX = "SEVENC"


def env_name(owner: str, field: str) -> str:
    """The environment variable of a secret: SEVENC_MY_PSA_PRIVATE_KEY for the account my-psa's private_key."""
    return "_".join((ENV_PREFIX, *(re.sub(r"[^A-Z0-9]+", "_", part.upper()) for part in (owner, field))))


@dataclass(frozen=True, slots=True)
class Secrets:
    """The places to look at. `folder` is systemd's credentials directory, where there is one.

    Where no vendor is asked, secrets are not needed: then they are not looked for, and their being missing is no mistake.
    """

    environ: Mapping[str, str]
    folder: Path | None
    is_needed: bool = True

    @classmethod
    def of_process(cls, *, needed: bool = True) -> "Secrets":
        """This process's environment and credentials directory."""
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        return cls(environ=os.environ, folder=Path(folder) if folder else None, is_needed=needed)

    def find(self, owner: str, field: str, file: str | None) -> SecretStr | None:
        """The secret, or None when no place has it. Raises ValueError naming a file that is empty or cannot be read."""
        value = self._from_folder(owner, field) or self.environ.get(env_name(owner, field))
        if not value and file is not None:
            value = _read(Path(file))
            if not value:
                raise ValueError(f"the file {file} is empty")
        if not value:
            return None
        redact.register(value)
        return SecretStr(value)

    def _from_folder(self, owner: str, field: str) -> str | None:
        if self.folder is None:
            return None
        path = self.folder / f"{owner}.{field}"
        return _read(path) if path.is_file() else None

    @staticmethod
    def ways(owner: str, field: str) -> str:
        """How to give this secret, for an error message."""
        return (
            f"give it as the systemd credential {owner}.{field}, as the environment variable {env_name(owner, field)}, "
            f'or as {field}_file = "/path" in the configuration'
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"the file {path} cannot be read: {reason}") from error
