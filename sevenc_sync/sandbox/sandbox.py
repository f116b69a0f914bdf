"""All simulated vendors together, as a context manager."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sevenc_sync.sandbox.autotask import AutotaskPsa
from sevenc_sync.sandbox.connectwise import ConnectWisePsa
from sevenc_sync.sandbox.cove import Cove
from sevenc_sync.sandbox.datto import DattoBcdr
from sevenc_sync.sandbox.datto_rmm import DattoRmm
from sevenc_sync.sandbox.datto_saas import DattoSaas
from sevenc_sync.sandbox.exchange import Clock, Vendor
from sevenc_sync.sandbox.ninjaone import NinjaOne
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.sandbox.veeam import VeeamVspc
from sevenc_sync.sandbox.world import World

Make = Callable[[World, Clock, Path | None], Vendor]
PSAS: Mapping[str, Make] = {ConnectWisePsa.name: ConnectWisePsa, AutotaskPsa.name: AutotaskPsa}
BACKUPS: Mapping[str, Make] = {DattoBcdr.name: DattoBcdr, VeeamVspc.name: VeeamVspc, Cove.name: Cove}
CLOUD_BACKUPS: Mapping[str, Make] = {DattoSaas.name: DattoSaas}
"""Products beside those: they save what clients have in the cloud, and no machines."""

RMMS: Mapping[str, Make] = {NinjaOne.name: NinjaOne, DattoRmm.name: DattoRmm}
VENDORS: Mapping[str, Make] = {**PSAS, **BACKUPS, **CLOUD_BACKUPS, **RMMS}
"""All simulated vendors by their connectors' names; a world says which of its clients is on which."""


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
    def veeam(self) -> VeeamVspc:
        """The simulated Veeam Service Provider Console. KeyError if it is not served."""
        return _of_type(self.vendors, VeeamVspc)

    @property
    def accounts(self) -> list[SandboxAccount]:
        """One account for each vendor, in their order. Base addresses hold once the sandbox has started."""
        found: dict[str, SandboxAccount] = {}
        for server in self.vendors.values():
            account = _account(server, found)
            found[account.name] = account
        return list(found.values())

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


def _account(server: VendorServer, taken: Container[str]) -> SandboxAccount:
    vendor = server.vendor
    access = vendor.access()
    name = vendor.name if vendor.account in taken else vendor.account
    return SandboxAccount(vendor.name, name, server.base_url, access.settings, access.secrets)
