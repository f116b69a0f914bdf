"""A folder that holds all that a demo or a sandbox writes: configuration, secrets, store, logs, what vendors keep."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sevenc_sync.sandbox import SandboxAccount

DAY = timedelta(days=1)
SANDBOX_RATE = 60_000  # the simulated vendors need no sparing


class HomeProblem(Exception):
    """The folder cannot be used for this; the text says what to do."""


@dataclass(frozen=True, slots=True)
class WorldMark:
    """Which world a folder's store was filled from, and the moment to which that world has come."""

    seed: int
    clients: int
    vendors: tuple[str, ...]  # the connectors' names
    anchor: datetime  # the world's history runs up to here at the first start
    now: (
        datetime  # the world's own present: moves on by whole days, so that a second run finds the same world
    )


@dataclass(frozen=True, slots=True)
class Home:
    """The folder and its files."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "config.toml"

    @property
    def store(self) -> Path:
        """The store."""
        return self.folder / "store.db"

    @property
    def log(self) -> Path:
        """The log, as JSON lines."""
        return self.folder / "logs" / "sevenc-sync.log"

    @property
    def vendors(self) -> Path:
        """What the simulated vendors were told to keep (notes)."""
        return self.folder / "vendors"

    def prepare(self) -> None:
        """Make the folders. Raises HomeProblem when that cannot be done."""
        try:
            for folder in (self.folder, self.log.parent, self.vendors, self.folder / "secrets"):
                folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "secrets").chmod(0o700)
        except OSError as error:
            raise HomeProblem(
                f"{self.folder} cannot be made: {error.strerror}. Choose another --home."
            ) from error

    def mark(self, *, seed: int, clients: int, vendors: tuple[str, ...], now: datetime) -> WorldMark:
        """The folder's world: begun now, or as it was begun, moved on by the whole days since.

        Raises HomeProblem when the folder holds another world.
        """
        file = self.folder / "world.json"
        # By whole hours: two demos one after the other show the same numbers.
        now = now.replace(minute=0, second=0, microsecond=0)
        if file.exists():
            try:
                saved = json.loads(file.read_text(encoding="utf-8"))
                anchor = datetime.fromisoformat(saved["anchor"]).astimezone(UTC)
                same = (saved["seed"], saved["clients"], tuple(saved["vendors"])) == (seed, clients, vendors)
            except (ValueError, KeyError, TypeError) as error:
                raise HomeProblem(
                    f"{file} cannot be read: {error}. Delete {self.folder} to begin anew."
                ) from error
            if not same:
                raise HomeProblem(
                    f"{self.folder} holds a world with --seed {saved['seed']} --clients {saved['clients']} "
                    f"and {', '.join(saved['vendors'])}. "
                    "Give the same, choose another --home, or delete the folder."
                )
            days = max(0, (now - anchor) // DAY)
            return WorldMark(seed, clients, vendors, anchor, anchor + days * DAY)
        saved = {"seed": seed, "clients": clients, "vendors": vendors, "anchor": now.isoformat()}
        write_atomically(file, json.dumps(saved) + "\n")
        return WorldMark(seed, clients, vendors, now, now)

    def write_config(
        self,
        accounts: Sequence["SandboxAccount"],
        *,
        push: str,
        every_minutes: float | None,
        anew: bool = False,
    ) -> bool:
        """Write a complete configuration that points at the sandbox; gives False when a person has changed the file.

        A changed file is left alone, unless `anew`: somebody has put a proxy in between, say.
        """
        for account in accounts:
            for field, value in account.secrets.items():
                write_atomically(
                    self.folder / "secrets" / f"{account.name}.{field}", value + "\n", mode=0o600
                )
        text = _config_text(accounts, push=push, every_minutes=every_minutes)
        seal = self.folder / ".config.sha256"
        if (
            not anew
            and self.config.exists()
            and seal.exists()
            and seal.read_text().strip() != _digest(self.config.read_text())
        ):
            return False
        write_atomically(self.config, text)
        write_atomically(seal, _digest(text) + "\n")
        return True


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write the file whole or not at all, with its mode from the first byte on."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def _config_text(accounts: Sequence["SandboxAccount"], *, push: str, every_minutes: float | None) -> str:
    lines = [
        "# Written by sevenc-sync for its sandbox vendors. config.example.toml explains every key.",
        "",
        "[store]",
        'url = "sqlite:///store.db"',
        "",
        "[push]",
        f'mode = "{push}"',
        # However many clients the simulated MSP has: nobody is there to say yes to all of them.
        "brake_notes = 100000",
    ]
    if every_minutes is not None:
        lines += ["", "[schedule]", f"every_minutes = {every_minutes}"]
    for account in accounts:
        lines += [
            "",
            f"[accounts.{account.name}]",
            f'connector = "{account.connector}"',
            f'base_url = "{account.base_url}"',
            f"requests_per_minute = {SANDBOX_RATE}",
            *(f"{key} = {json.dumps(value)}" for key, value in account.settings.items()),
            *(f'{field}_file = "secrets/{account.name}.{field}"' for field in account.secrets),
        ]
    return "\n".join(lines) + "\n"
