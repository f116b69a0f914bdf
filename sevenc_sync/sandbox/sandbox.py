"""All simulated vendors together, as a context manager."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sevenc_sync.sandbox.connectwise import ConnectWisePsa
from sevenc_sync.sandbox.connectwise.vendor import COMPANY_ID
from sevenc_sync.sandbox.datto import DattoBcdr
from sevenc_sync.sandbox.exchange import Clock, Vendor
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.sandbox.world import World


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """What a configuration needs to reach one simulated vendor; the secrets are made up and shown nowhere else."""

    connector: str
    name: str
    base_url: str
    settings: Mapping[str, str | int | bool]
    secrets: Mapping[str, str] = field(repr=False)


class Sandbox:
    """Vendor servers on loopback that share one world.

    `port` 0 takes free ports; with port N the vendors take N, N+1 and so on. `clock` (default: the system's) gives
    the servers' Date header and the times of what is written. With `state_dir` what is written to a vendor survives
    a restart: one JSON file for each. Raises OSError from `start` when a port is taken; no server is left running then.
    """

    def __init__(
        self, world: World, *, port: int = 0, clock: Clock | None = None, state_dir: Path | None = None
    ) -> None:
        self.world = world
        now = clock or _system_time
        self.connectwise = ConnectWisePsa(world, now, _file(state_dir, ConnectWisePsa.name))
        self.datto = DattoBcdr(world, now, _file(state_dir, DattoBcdr.name))
        vendors: tuple[Vendor, ...] = (self.connectwise, self.datto)
        self.vendors: Mapping[str, VendorServer] = {
            vendor.name: VendorServer(vendor, port + place if port else 0)
            for place, vendor in enumerate(vendors)
        }

    @property
    def accounts(self) -> list[SandboxAccount]:
        """One account for each vendor. Base addresses hold once the sandbox has started."""
        psa, bcdr = self.connectwise, self.datto
        psa_secrets = {
            "public_key": psa.public_key,
            "private_key": psa.private_key,
            "client_id": psa.client_id,
        }
        bcdr_secrets = {"public_key": bcdr.public_key, "secret_key": bcdr.secret_key}
        return [
            SandboxAccount(
                psa.name, "psa", self.vendors[psa.name].base_url, {"company_id": COMPANY_ID}, psa_secrets
            ),
            SandboxAccount(bcdr.name, "backup", self.vendors[bcdr.name].base_url, {}, bcdr_secrets),
        ]

    def start(self) -> None:
        """Starts all vendors; returns when they listen."""
        try:
            for server in self.vendors.values():
                server.start()
        except OSError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops all vendors; harmless when they do not run."""
        for server in self.vendors.values():
            server.ask_stop()
        for server in self.vendors.values():
            server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _system_time() -> datetime:
    return datetime.now(UTC)


def _file(state_dir: Path | None, name: str) -> Path | None:
    return state_dir / f"{name}.json" if state_dir else None
