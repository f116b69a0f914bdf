"""The way into a console, what it refuses, and what goes over the wire against its document."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import respx
from pydantic import SecretStr

from connectors.veeam_vspc import CONNECTOR
from connectors.veeam_vspc.account import open_account, read_error
from connectors.veeam_vspc.settings import VeeamSettings
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    CredentialsProblem,
    Overloaded,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.sync_job import SyncJob, open_accounts, sync_account
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store.database import Store

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BASE = "https://vspc.example.com:1280"
API = f"{BASE}/api/v3"
# Of the vendor's document: the lists, each with the parameters that it takes.
PAGED = {"limit", "offset", "select"}
USUAL = PAGED | {"filter", "sort"}
OF_MICROSOFT = {"siteFilter", "organizationFilter", "locationFilter"}
PARAMETERS = {
    "/api/v3/organizations/companies": USUAL | {"expand"},
    "/api/v3/infrastructure/backupServers/jobs": USUAL,
    "/api/v3/infrastructure/backupAgents/jobs": USUAL,
    "/api/v3/infrastructure/vb365Servers/organizations/jobs": USUAL | OF_MICROSOFT,
    "/api/v3/protectedWorkloads/virtualMachines": USUAL,
    "/api/v3/protectedWorkloads/virtualMachines/backups": USUAL,
    "/api/v3/protectedWorkloads/computersManagedByConsole": USUAL,
    "/api/v3/protectedWorkloads/computersManagedByBackupServer": USUAL,
    "/api/v3/protectedWorkloads/fileShares": USUAL,
    "/api/v3/protectedWorkloads/vb365ProtectedObjects": PAGED
    | OF_MICROSOFT
    | {"orderBy", "orderDirection", "objectNameFilter", "objectTypeFilter"}
    | {"educationalFilter", "licensedFilter", "skipCache"},
}


def settings(**more: object) -> VeeamSettings:
    values: dict[str, object] = {"name": "veeam", "connector": "veeam_vspc", "base_url": BASE}
    return VeeamSettings.model_validate(values | more)


def test_a_key_is_sent_as_it_is(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    route = vendor.get(f"{API}/about").respond(json={"data": {}})
    with open_account(settings(api_key=SecretStr(" key-1 "), base_url=f"{API}/"), factory) as http:
        http.get("/about")
    assert route.calls.last.request.headers["authorization"] == "Bearer key-1"


def test_a_password_is_changed_for_a_token(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    door = vendor.post(f"{API}/token").respond(
        json={"access_token": "t-1", "token_type": "bearer", "expires_in": 3600, "mfa_token": None}
    )
    route = vendor.get(f"{API}/about").respond(json={"data": {}})
    with open_account(settings(user_name="a b", password=SecretStr("p&w")), factory) as http:
        http.get("/about")
    asked = door.calls.last.request
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.content == b"grant_type=password&username=a+b&password=p%26w"
    assert route.calls.last.request.headers["authorization"] == "Bearer t-1"


def test_a_wrong_password_and_a_second_factor_stop_the_account(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    account = settings(user_name="u", password=SecretStr("wrong"))
    vendor.post(f"{API}/token").respond(400, json={"error": "invalid_grant", "error_description": "No."})
    with pytest.raises(CredentialsProblem, match="user name and password"):
        open_account(account, factory)
    vendor.post(f"{API}/token").respond(json={"access_token": None, "mfa_token": "m"})
    with pytest.raises(CredentialsProblem, match="second factor"):
        open_account(account, factory)


def test_without_any_way_in_the_configuration_is_to_be_mended(factory: HttpFactory) -> None:
    for more in ({}, {"user_name": "u"}, {"password": SecretStr("p")}):
        with pytest.raises(ConfigProblem, match="neither an api_key"):
            open_account(settings(**more), factory)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (401, "security", CredentialsProblem),
        (403, "security", AccessProblem),
        (400, "logical", AccessProblem),
        (405, "logical", AccessProblem),
        (429, "transport", Overloaded),
        (409, "retryableLogical", VendorDown),
        (404, "logical", None),
        (520, "unspecified", None),
    ],
)
def test_what_the_consoles_errors_mean(status: int, kind: str, expected: type[Exception] | None) -> None:
    body = json.dumps({"errors": [{"message": "Words of its own.", "type": kind, "code": status}]}).encode()
    problem = read_error(status, {}, body)
    assert (None if problem is None else type(problem)) == expected
    assert problem is None or "Words of its own." in problem.text


def refused_429(*faults: object) -> bytes:
    return json.dumps({"errors": list(faults)}).encode()


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (refused_429({"type": "transport", "code": 429, "retryAfter": 25}), 25.0),
        (refused_429({"code": 429}, {"code": 429, "retryAfter": 7}), 7.0),
        (refused_429({"type": "transport", "code": 429}), None),  # too many at once: no time is given
        (refused_429({"code": 429, "retryAfter": "soon"}), None),
        (b"<html>429</html>", None),
    ],
)
def test_a_429_may_tell_the_wait_in_its_body(body: bytes, seconds: float | None) -> None:
    problem = read_error(429, {}, body)
    assert isinstance(problem, Overloaded)
    assert problem.wait_seconds == seconds


def test_a_wait_told_in_the_body_is_obeyed_and_the_header_counts_before_it(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    long = refused_429({"type": "transport", "code": 429, "retryAfter": 600})
    for headers, minutes in (({}, 10), ({"Retry-After": "1200"}, 20)):
        vendor.get(f"{API}/about").respond(429, content=long, headers=headers)
        with (
            open_account(settings(api_key=SecretStr("key-1")), factory) as http,
            pytest.raises(Throttled) as caught,
        ):
            http.get("/about")
        assert caught.value.retry_at - http.clock() == timedelta(minutes=minutes)


@pytest.fixture
def console() -> Iterator[Sandbox]:
    world = build_world(clients=3, now=NOW, backups=("veeam_vspc",))
    with Sandbox(world, vendors=("veeam_vspc",), clock=lambda: NOW) as sandbox:
        yield sandbox


def test_requests_are_the_documents_and_no_credentials_of_companies_are_kept(
    console: Sandbox, sqlite_store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (server,) = console.vendors.values()
    first = server.records("companies")[0]["instanceUid"]
    planted = {"userName": "owner", "password": "planted-secret-1"}
    server.edit("companies", first, ownerCredentials=planted)
    job = server.records("jobs")[0]["uniqueUid"]
    server.edit("jobs", job, recoveryKey="planted-secret-2")
    account = settings(base_url=server.base_url, requests_per_minute=100_000, **console.accounts[0].secrets)
    work = SyncJob(
        store=sqlite_store,
        clock=lambda: NOW,
        stop=threading.Event(),
        holder="test",
        trigger="command",
        history=timedelta(days=400),
        policy=RetryPolicy(attempts=1),
    )
    with caplog.at_level(logging.DEBUG):
        results = sync_account(work, open_accounts(sqlite_store, [(account, CONNECTOR)])[0])
    assert {result.state for result in results} == {"ok"}
    assert {seen.path for seen in server.requests} == PARAMETERS.keys()
    for seen in server.requests:
        asked = {name for name, _value in parse_qsl(seen.query, strict_parsing=True)}
        assert {"limit", "offset"} <= asked <= PARAMETERS[seen.path], seen
    assert {seen.method for seen in server.requests} == {"GET"}
    assert b"planted-secret" not in b"".join(
        file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()
    )
    with sqlite_store.read() as connection:
        dumped = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]  # SQLite's
    assert "planted-secret" not in dumped
    assert "planted-secret" not in caplog.text
