"""Whether two processes would do the same work: a digest of configuration, secrets, rules and version."""

import hashlib
import json

from pydantic import SecretStr

from sevenc_sync import __version__
from sevenc_sync.engine.local import Engine

# What may differ from machine to machine without changing what is read, scored or written.
OF_THE_MACHINE = {"web", "logs", "accounts"}
_SALT = b"sevenc-sync configuration"


def fingerprint(engine: Engine) -> str:
    """Changes with what the engine works by. It tells nothing of the secrets in it: it is slow to make, on purpose."""
    config = engine.config
    accounts = {
        name: {
            key: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for key, value in settings
        }
        for name, settings in config.accounts.items()
    }
    works_by = [
        __version__,
        config.settings.model_dump(mode="json", exclude=OF_THE_MACHINE),
        accounts,
        config.master,
        [address.get_secret_value() for address in config.alarm_addresses],
        [(str(day), rules.hash) for day, rules in engine.rule_files.book.stages],
    ]
    told = json.dumps(works_by, sort_keys=True).encode()
    return hashlib.scrypt(told, salt=_SALT, n=2**12, r=8, p=1, dklen=16).hex()
