"""What the whole connector asks and stores: by the vendor's document, within its limits, and without anybody's secrets."""

import io
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from connectors.datto_rmm import CONNECTOR
from connectors.datto_rmm.account import read_error
from connectors.datto_rmm.settings import DattoRmmSettings
from sevenc_sync import logs
from sevenc_sync.connect.errors import AccessProblem, CredentialsProblem, Throttled, VendorDown
from sevenc_sync.engine.probe import probe_account
from sevenc_sync.engine.sync_job import Account, SyncJob, open_accounts, sync_account
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.sandbox.datto_rmm import DattoRmm
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.store.database import Store
from sevenc_sync.store.details import backlogs
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import evidence
from sevenc_sync.sync.outcome import RunResult

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

# Path -> the parameters that its GET has in the vendor's document (build 235); all numbers but installStatus.
PATHS = {
    r"/v2/system/request_rate": set(),
    r"/v2/account/sites": {"page", "max"},
    r"/v2/account/devices": {"page", "max"},
    r"/v2/device/[^/]+/patches": {"page", "max", "installStatus"},
    r"/v2/audit/device/[^/]+": set(),
}
PLANTED = "planted-secret-0815"


@dataclass
class Site:
    """A simulated account, our store, and what was asked."""

    vendor: DattoRmm
    settings: DattoRmmSettings
    store: Store
    account: Account
    asked: list[Call] = field(default_factory=list)
    now: datetime = NOW

    def sync(self) -> dict[str, RunResult]:
        job = SyncJob(
            store=self.store,
            clock=lambda: self.now,
            stop=threading.Event(),
            holder=this_holder(),
            trigger="command",
            history=timedelta(days=400),
        )
        return {result.stream: result for result in sync_account(job, self.account)}

    def assets(self) -> dict[str, dict[str, Any]]:
        with self.store.read() as connection:
            return {row["id"]: dict(row) for row in connection.execute(select(evidence["asset"])).mappings()}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made: list[Site] = []
    world = build_world(clients=3, now=NOW, rmms=(CONNECTOR.name,))
    with (
        Sandbox(world, vendors=(CONNECTOR.name,), clock=lambda: made[0].now if made else NOW) as sandbox,
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
    ):
        upgrade(store)
        vendor = sandbox.vendors[CONNECTOR.name].vendor
        assert isinstance(vendor, DattoRmm)
        access = sandbox.accounts[0]
        values = {"name": "rmm", "connector": CONNECTOR.name, "base_url": f"{access.base_url}/api/"}
        settings = DattoRmmSettings.model_validate(
            values | {"requests_per_minute": 100_000} | dict(access.secrets)
        )
        (account,) = open_accounts(store, [(settings, CONNECTOR)])
        made.append(Site(vendor, settings, store, account))
        honest = vendor.answer

        def heard(call: Call) -> Answer:
            made[0].asked.append(call)
            return honest(call)

        vendor.answer = heard  # type: ignore[method-assign]  # one object's, not the class's
        yield made[0]


def test_every_request_is_one_of_the_vendors_document_and_a_second_round_asks_for_no_device(
    site: Site,
) -> None:
    assert {result.state for result in site.sync().values()} == {"ok"}
    assert site.asked[0].path == "/auth/oauth/token"
    for call in site.asked[1:]:
        path = call.path.removeprefix("/api")
        known = [params for pattern, params in PATHS.items() if re.fullmatch(pattern, path)]
        assert call.method == "GET"
        assert len(known) == 1, path
        assert set(call.query) <= known[0]
        assert all(value.isdigit() for name, value in call.query.items() if name != "installStatus")
        assert 0 < int(call.query.get("max", 1)) <= 250
    site.asked.clear()
    site.sync()
    assert [call.path.rpartition("/v2")[2] for call in site.asked[1:]] == [
        "/system/request_rate",
        "/account/sites",
        "/account/devices",
    ]


def test_devices_say_what_the_agents_say(site: Site) -> None:
    site.sync()
    rows = site.assets()
    machines = {machine.id: machine for machine in site.vendor.world.machines}
    assert len(rows) == len(site.vendor.world.agents) > 20
    for agent in site.vendor.world.agents:
        row, machine = rows[agent.uid], machines[agent.machine_id]
        assert row["last_seen_at"] == int(agent.last_seen.timestamp())
        if row["kind"] not in ("server", "workstation", "laptop"):
            continue
        assert (row["serial"], row["mac"], row["model"]) == (machine.serial, machine.mac, machine.model)
        assert row["is_encrypted"] is None
        if agent.patched is None:
            assert row["patches_missing"] is None
            continue
        severe = [patch for patch in agent.missing if patch.severity in ("critical", "important")]
        assert (row["patches_missing"], row["patches_lesser"]) == (
            len(severe),
            len(agent.missing) - len(severe),
        )
        oldest = min((patch.released for patch in severe), default=None)
        assert row["oldest_patch_at"] == (
            None
            if oldest is None
            else int(datetime(oldest.year, oldest.month, oldest.day, tzinfo=UTC).timestamp())
        )


def test_only_the_device_whose_counts_have_changed_is_asked_again(site: Site) -> None:
    site.sync()
    key = next(key for key, row in site.assets().items() if row["patches_missing"])
    device = site.vendor.tables.rows("devices")[key]
    for place, row in list(site.vendor.tables.rows("patches").items()):
        if row["deviceUid"] == key:
            site.vendor.edit("patches", place, {"installStatus": "INSTALLED"})
    counts = {**device["patchManagement"], "patchesApprovedPending": 0, "patchesNotApproved": 1}
    site.vendor.edit("devices", key, {"patchManagement": counts})
    site.asked.clear()
    site.sync()
    assert [call.path for call in site.asked if "/device/" in call.path] == [f"/api/v2/device/{key}/patches"]
    assert (site.assets()[key]["patches_missing"], site.assets()[key]["oldest_patch_at"]) == (0, None)
    with site.store.read() as connection:
        assert {item.stream: item.waiting for item in backlogs(connection)} == {"audits": 0, "patches": 0}


def test_no_recovery_key_and_no_proxy_password_is_stored_or_logged(site: Site, tmp_path: Path) -> None:
    for key, row in list(site.vendor.tables.rows("devices").items()):
        site.vendor.edit("devices", key, {"udf": {**row["udf"], "udf9": PLANTED}})
    for key, row in list(site.vendor.tables.rows("sites").items()):
        site.vendor.edit("sites", key, {"proxySettings": {**row["proxySettings"], "password": PLANTED}})
    # one of each goes to quarantine
    rows = site.vendor.tables.rows
    site.vendor.edit("devices", next(iter(rows("devices"))), {"description": {"not": "a text"}})
    site.vendor.edit("sites", next(iter(rows("sites"))), {"autotaskCompanyId": {"not": "a text"}})
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    logs.set_up("debug", "json", written)
    try:
        results = site.sync()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
    assert (results["devices"].held, results["sites"].held) == (1, 1)
    with site.store.read() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM quarantine").scalars().all()
    assert len(bodies) == 2
    assert all(b"uid" in bytes(body) for body in bodies)
    assert PLANTED not in written.getvalue()
    for file in tmp_path.glob("store.db*"):
        assert PLANTED.encode() not in file.read_bytes()


def test_a_token_at_its_end_is_renewed_and_the_round_goes_on(site: Site) -> None:
    honest = site.vendor.answer

    def after_the_devices(call: Call) -> Answer:
        given = honest(call)
        if call.path.endswith("/account/devices") and site.now == NOW:
            site.now += timedelta(hours=101)
        return given

    site.vendor.answer = after_the_devices  # type: ignore[method-assign]  # one object's
    assert {result.state for result in site.sync().values()} == {"ok"}
    assert sum(call.path == "/auth/oauth/token" for call in site.asked) == 2


def test_nothing_is_read_while_the_others_use_up_the_accounts_minute(site: Site) -> None:
    site.vendor.gate.reads_allowed = 600
    site.vendor.gate.set_used(545)
    results = site.sync()
    assert {result.state for result in results.values()} == {"throttled"}
    problem = results["sites"].problem
    assert isinstance(problem, Throttled)
    assert problem.retry_at == NOW + timedelta(minutes=2)
    assert len(site.asked) == 2
    site.vendor.gate.set_used(300)
    assert {result.state for result in site.sync().values()} == {"ok"}


def test_check_finds_every_stream_readable_once_there_are_devices(site: Site) -> None:
    def probed() -> list[str]:
        return [
            row.state for row in probe_account(site.store, site.account, lambda: site.now, threading.Event())
        ]

    assert probed() == ["readable", "readable", "waits", "waits"]
    site.sync()
    assert probed() == ["readable"] * 4


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (401, b'{"status": 401, "error": "Unauthorized"}', CredentialsProblem),
        (400, b'{"error": "invalid_grant", "error_description": "Bad credentials"}', CredentialsProblem),
        (403, b'{"status": 403, "error": "Forbidden"}', AccessProblem),
        (409, b"", VendorDown),
        (400, b'{"status": 400, "error": "Bad Request"}', None),
        (404, b'{"status": 404, "error": "Not Found"}', None),
        (429, b"", None),
    ],
)
def test_what_refusals_mean(status: int, body: bytes, problem: type[Exception] | None) -> None:
    found = read_error(status, {}, body)
    assert (None if found is None else type(found)) is problem


def test_settings_take_the_address_with_and_without_the_api_and_keys_with_blanks() -> None:
    values = {
        "name": "rmm",
        "connector": "datto_rmm",
        "api_key": SecretStr(" KEY\n"),
        "secret_key": SecretStr("SECRET"),
    }
    for address in ("https://merlot-api.centrastage.net", "https://merlot-api.centrastage.net/api/v2/"):
        settings = DattoRmmSettings.model_validate({**values, "base_url": address})
        assert settings.base_url == "https://merlot-api.centrastage.net"
        assert settings.api_key.get_secret_value() == "KEY"
    for wrong in (
        {"base_url": "http://merlot-api.centrastage.net"},
        {"base_url": "https://x", "secret_key": SecretStr(" ")},
    ):
        with pytest.raises(ValidationError):
            DattoRmmSettings.model_validate({**values, **wrong})
