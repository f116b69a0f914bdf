"""Getting into NinjaOne, what its refusals mean, and what of its answers is stored."""

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import respx
import structlog
from httpx import Response
from pydantic import ValidationError

from connectors.ninjaone import CONNECTOR
from connectors.ninjaone.account import open_account
from connectors.ninjaone.settings import NinjaSettings
from connectors.ninjaone.shapes import QueryAnswer
from sevenc_sync import logs
from sevenc_sync.cli.home import Home
from sevenc_sync.config import load
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, CredentialsProblem
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.engine.local import open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.quarantine import held

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
BASE = "https://eu.ninjarmm.com"
GIVEN = {"access_token": "an-access-token", "expires_in": 3600, "token_type": "Bearer"}


def settings(**changes: object) -> NinjaSettings:
    values = {
        "name": "rmm", "connector": "ninjaone", "base_url": BASE, "client_id": "the-client",
        "client_secret": "the-secret-of-it",
    }  # fmt: skip
    return NinjaSettings.model_validate(values | changes)


def test_settings() -> None:
    for address in (f"{BASE}/v2/", f"{BASE}/api/v2", BASE):
        assert settings(base_url=address).base_url == BASE
    for wrong in ({"base_url": "http://eu.ninjarmm.com"}, {"client_secret": " "}, {"client_id": "a\nb"}):
        with pytest.raises(ValidationError):
            settings(**wrong)
    assert "the-secret-of-it" not in repr(settings())


def test_a_token_is_asked_for_and_sent(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    token = vendor.post(f"{BASE}/ws/oauth/token").mock(return_value=Response(200, json=GIVEN))
    listed = vendor.get(f"{BASE}/v2/organizations").mock(return_value=Response(200, json=[]))
    with open_account(settings(), factory) as http:
        http.get("/organizations")
    assert token.calls[0].request.content.decode() == (
        "grant_type=client_credentials&client_id=the-client&client_secret=the-secret-of-it&scope=monitoring"
    )
    assert listed.calls[0].request.headers["Authorization"] == "Bearer an-access-token"
    assert redact.redact("the-secret-of-it the-client") == "•••• ••••"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"error": "invalid_client"}, "id or its secret is wrong"),
        (400, {"error": "unauthorized_client"}, "may not log in by itself"),
        (400, {"error": "invalid_scope"}, "scope monitoring"),
        (403, {}, "is refused"),
    ],
)
def test_no_token_is_a_matter_of_the_credentials(
    vendor: respx.MockRouter, factory: HttpFactory, status: int, body: dict[str, str], words: str
) -> None:
    vendor.post(f"{BASE}/ws/oauth/token").mock(return_value=Response(status, json=body))
    with pytest.raises(CredentialsProblem, match=words) as found:
        open_account(settings(), factory)
    assert "API Services" in (found.value.action or "")


def test_an_answer_without_a_token_is_no_way_in(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    vendor.post(f"{BASE}/ws/oauth/token").mock(return_value=Response(200, json={"token": "other"}))
    with pytest.raises(ContractChanged, match="no access token"):
        open_account(settings(), factory)


def test_refusals_in_reading(vendor: respx.MockRouter, factory: HttpFactory) -> None:
    vendor.post(f"{BASE}/ws/oauth/token").mock(return_value=Response(200, json=GIVEN))
    vendor.get(f"{BASE}/v2/organizations").mock(return_value=Response(403, json={"errorMessage": "no"}))
    vendor.get(f"{BASE}/v2/devices-detailed").mock(return_value=Response(401))
    with open_account(settings(), factory) as http:
        with pytest.raises(AccessProblem, match="does not let"):
            http.get("/organizations")
        with pytest.raises(CredentialsProblem, match="refuses the access token"):
            http.get("/devices-detailed")


def test_the_shapes_of_queries() -> None:
    layout = QueryAnswer()
    assert [bytes(row) for row in layout.split(b' [{"a":1}]')[0]] == [b'{"a":1}']
    rows, paging = layout.split(b'{"cursor":{"name":"c"},"results":[{"a":1}]}')
    assert ([bytes(row) for row in rows], paging) == ([b'{"a":1}'], {"cursor": {"name": "c"}})
    for other in (b"{}", b'{"items":[]}', b'{"results":{}}', b'"x"'):
        with pytest.raises(ContractChanged):
            layout.split(other)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    written = io.StringIO()
    logs.set_up("debug", "json", written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_what_may_be_a_secret_is_never_stored_or_logged(tmp_path: Path, log_lines: io.StringIO) -> None:
    planted = "RECOVERY-111111-222222"
    world = build_world(clients=6, now=NOW, rmms=("ninjaone",))
    home = Home(tmp_path)
    home.prepare()
    with Sandbox(world, vendors=("ninjaone",), clock=lambda: NOW) as sandbox:
        server = sandbox.vendors["ninjaone"]
        first, second = (row["id"] for row in server.records("devices")[:2])
        secret = {"notes": [{"text": planted}], "userData": {"key": planted}, "fields": {"pin": planted}}
        server.edit("devices", first, **secret)
        server.edit("devices", second, **secret, lastContact="not a number")  # held in quarantine
        for row in server.records("volumes"):
            server.edit("volumes", row["_key"], recoveryKey=planted, label=planted)
        home.write_config(sandbox.accounts, push="off", every_minutes=None)
        config = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            upgrade(store)
        with open_engine(config, clock=lambda: NOW) as engine:
            results = {result.stream: result for result in engine.sync(trigger="test")}
        with Store.open(config.store_url) as store, store.read() as connection:
            assert len(held(connection)) == 1
    assert (results["devices"].state, results["devices"].held) == ("ok", 1)
    assert results["devices"].new == len(server.records("devices")) - 1
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert planted.encode() not in file.read_bytes(), file
    assert planted not in log_lines.getvalue()


def test_its_streams_are_what_the_readme_says() -> None:
    text = (Path(__file__).parents[2] / "connectors/ninjaone/README.md").read_text("utf-8")
    for stream in CONNECTOR.streams:
        assert f"| {stream.name} | {stream.path} |" in text
        for item in stream.beside:
            assert f"`{item.path}`" in text
