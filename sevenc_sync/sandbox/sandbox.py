"""All simulated vendors together, as a context manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sevenc_sync.sandbox.autotask import AutotaskPsa
from sevenc_sync.sandbox.connectwise import ConnectWisePsa
from sevenc_sync.sandbox.connectwise.vendor import COMPANY_ID
from sevenc_sync.sandbox.datto import DattoBcdr
from sevenc_sync.sandbox.exchange import Clock, Vendor
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.sandbox.world import World

VENDORS: Mapping[str, type[ConnectWisePsa | AutotaskPsa | DattoBcdr]] = {
    vendor.name: vendor for vendor in (ConnectWisePsa, AutotaskPsa, DattoBcdr)
}
"""All simulated vendors by name."""


T = TypeVar("T", bound=Vendor)


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

    `vendors` names those to serve (see `VENDORS`); each is another view of the same MSP. `port` 0 takes free ports; with
    port N the vendors take N, N+1 and so on. `clock` (default: the system's) gives the servers' Date header and the
    times of what is written. With `state_dir` what is written to a vendor survives a restart: one JSON file for each.
    Raises KeyError for an unknown vendor, and OSError from `start` when a port is taken; no server is left running then.
    """

    def __init__(
        self, world: World, *, vendors: Sequence[str] = ("connectwise_psa", "datto_bcdr"), port: int = 0,
        clock: Clock | None = None, state_dir: Path | None = None,
    ) -> None:  # fmt: skip
        self.world = world
        now = clock or _system_time
        made = {name: VENDORS[name](world, now, _file(state_dir, name)) for name in vendors}
        self.vendors: Mapping[str, VendorServer] = {
            name: VendorServer(vendor, port + place if port else 0)
            for place, (name, vendor) in enumerate(made.items())
        }

    @property
    def connectwise(self) -> ConnectWisePsa:
        """The simulated ConnectWise PSA. KeyError if it is not served."""
        return _of_type(self.vendors, ConnectWisePsa)

    @property
    def autotask(self) -> AutotaskPsa:
        """The simulated Autotask PSA. KeyError if it is not served."""
        return _of_type(self.vendors, AutotaskPsa)

    @property
    def datto(self) -> DattoBcdr:
        """The simulated Datto BCDR. KeyError if it is not served."""
        return _of_type(self.vendors, DattoBcdr)

    @property
    def accounts(self) -> list[SandboxAccount]:
        """One account for each vendor, in their order. Base addresses hold once the sandbox has started."""
        return [_account(server) for server in self.vendors.values()]

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


def _of_type(vendors: Mapping[str, VendorServer], kind: type[T]) -> T:
    for server in vendors.values():
        if isinstance(server.vendor, kind):
            return server.vendor
    raise KeyError(kind.__name__)


def _account(server: VendorServer) -> SandboxAccount:
    vendor = server.vendor
    match vendor:
        case ConnectWisePsa():
            secrets = {
                "public_key": vendor.public_key,
                "private_key": vendor.private_key,
                "client_id": vendor.client_id,
            }
            return SandboxAccount(vendor.name, "psa", server.base_url, {"company_id": COMPANY_ID}, secrets)
        case AutotaskPsa():
            secrets = {
                "user_name": vendor.gate.user_name,
                "integration_code": vendor.gate.integration_code,
                "secret": vendor.gate.secret,
            }
            settings = {"note_resource": vendor.note_resource}
            return SandboxAccount(vendor.name, "psa", server.base_url, settings, secrets)
        case DattoBcdr():
            secrets = {"public_key": vendor.public_key, "secret_key": vendor.secret_key}
            return SandboxAccount(vendor.name, "backup", server.base_url, {}, secrets)
    raise TypeError(f"no account is known for {vendor.name}")
