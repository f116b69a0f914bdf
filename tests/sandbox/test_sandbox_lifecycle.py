"""Starting, stopping, ports, and what is still there after a restart."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def client_of(sandbox: Sandbox) -> httpx.Client:
    account = sandbox.accounts[0]
    return httpx.Client(
        base_url=f"{account.base_url}/v4_6_release/apis/3.0",
        auth=(f"brightwater+{account.secrets['public_key']}", account.secrets["private_key"]),
        headers={"clientId": account.secrets["client_id"]},
    )


def free_pair() -> int:
    """A port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def test_accounts_say_all_that_a_configuration_needs(sandbox: Sandbox) -> None:
    psa, bcdr = sandbox.accounts
    assert (psa.connector, bcdr.connector) == ("connectwise_psa", "datto_bcdr") == tuple(sandbox.vendors)
    assert psa.settings == {"company_id": "brightwater"}
    assert set(psa.secrets) == {"public_key", "private_key", "client_id"}
    assert set(bcdr.secrets) == {"public_key", "secret_key"}
    assert [a.base_url for a in sandbox.accounts] == [s.base_url for s in sandbox.vendors.values()]
    assert all(a.base_url.startswith("http://127.0.0.1:") for a in sandbox.accounts)


def test_another_psa_is_served_when_it_is_named(small_world: World) -> None:
    sandbox = Sandbox(small_world, vendors=("autotask_psa", "datto_bcdr"))
    psa, bcdr = sandbox.accounts
    assert (psa.connector, psa.name, bcdr.connector) == ("autotask_psa", "psa", "datto_bcdr")
    assert set(psa.secrets) == {"user_name", "integration_code", "secret"}
    people = {row["id"]: row for row in sandbox.vendors["autotask_psa"].records("Resources")}
    assert people[psa.settings["note_resource"]]["isActive"]
    assert sandbox.autotask.name == "autotask_psa"
    with pytest.raises(KeyError):
        _ = sandbox.connectwise


def test_an_unknown_vendor_is_refused(small_world: World) -> None:
    with pytest.raises(KeyError, match="other"):
        Sandbox(small_world, vendors=("other",))


def test_with_a_port_the_vendors_take_it_and_the_next(small_world: World) -> None:
    port = free_pair()
    with Sandbox(small_world, port=port) as sandbox:
        assert [a.base_url for a in sandbox.accounts] == [
            f"http://127.0.0.1:{port}",
            f"http://127.0.0.1:{port + 1}",
        ]
    with Sandbox(small_world, port=port) as again, client_of(again) as psa:
        assert psa.get("/service/boards").status_code == 200


def test_a_taken_port_is_an_error_and_leaves_nothing_running(small_world: World) -> None:
    others = set(threading.enumerate())  # sandboxes of other tests may run in this process
    port = free_pair()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 1))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Sandbox(small_world, port=port).start()
        assert not [
            thread for thread in set(threading.enumerate()) - others if thread.name.startswith("sandbox-")
        ]
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/")


def test_stopping_twice_is_harmless_and_ends_the_service(small_world: World) -> None:
    sandbox = Sandbox(small_world)
    sandbox.start()
    sandbox.stop()
    sandbox.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.accounts[0].base_url)


def test_credentials_stay_the_same_from_start_to_start(small_world: World) -> None:
    assert Sandbox(small_world).accounts[0].secrets == Sandbox(small_world).accounts[0].secrets


def test_the_same_world_answers_with_the_same_bytes(small_world: World) -> None:
    answers = []
    for _ in range(2):
        with Sandbox(small_world, clock=lambda: NOW) as sandbox, client_of(sandbox) as psa:
            answers.append(
                [
                    psa.get(path, params={"pageSize": 1000}).content
                    for path in ("/service/tickets", "/company/companies")
                ]
            )
    assert answers[0] == answers[1]


def test_what_was_written_is_there_after_a_restart(small_world: World, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Sandbox(small_world, clock=lambda: NOW, state_dir=state) as sandbox, client_of(sandbox) as psa:
        kept, gone = (
            psa.post("/company/companies/250/notes", json={"text": text}).json() for text in ("kept", "gone")
        )
        psa.delete(f"/company/companies/250/notes/{gone['id']}")
        sandbox.vendors["connectwise_psa"].edit("companies", 251, name="Renamed")
        ticket = psa.get("/service/tickets", params={"pageSize": 1}).json()[0]["id"]
        sandbox.vendors["connectwise_psa"].delete("tickets", ticket)
        serial = sandbox.vendors["datto_bcdr"].records("devices")[0]["serialNumber"]
        sandbox.vendors["datto_bcdr"].edit("devices", serial, name="moved")
        sandbox.vendors["datto_bcdr"].delete(
            "devices", sandbox.vendors["datto_bcdr"].records("devices")[1]["serialNumber"]
        )
        devices = len(sandbox.vendors["datto_bcdr"].records("devices"))
    assert sorted(path.name for path in state.iterdir()) == ["connectwise_psa.json", "datto_bcdr.json"]
    with Sandbox(small_world, clock=lambda: NOW, state_dir=state) as sandbox, client_of(sandbox) as psa:
        assert psa.get("/company/companies/250/notes").json() == [kept]
        assert psa.get("/company/companies/251").json()["name"] == "Renamed"
        assert psa.get(f"/service/tickets/{ticket}").status_code == 404
        assert psa.post("/company/companies/250/notes", json={"text": "new"}).json()["id"] > gone["id"]
        boxes = {box["serialNumber"]: box for box in sandbox.vendors["datto_bcdr"].records("devices")}
        assert boxes[serial]["name"] == "moved"
        assert len(boxes) == devices


def test_without_a_state_directory_nothing_is_written(small_world: World, tmp_path: Path) -> None:
    with Sandbox(small_world) as sandbox, client_of(sandbox) as psa:
        psa.post("/company/companies/250/notes", json={"text": "x"})
    with Sandbox(small_world) as sandbox:
        assert sandbox.vendors["connectwise_psa"].notes() == {}
    assert not list(tmp_path.iterdir())


def test_notes_lie_over_a_world_that_has_grown(tmp_path: Path) -> None:
    today = build_world(clients=2, now=NOW)
    later = build_world(clients=2, now=NOW + timedelta(days=20), anchor=NOW)
    with Sandbox(today, state_dir=tmp_path) as sandbox, client_of(sandbox) as psa:
        note = psa.post("/company/companies/250/notes", json={"text": "x"}).json()
        before = psa.get("/service/tickets/count").json()["count"]
    with Sandbox(later, state_dir=tmp_path) as sandbox, client_of(sandbox) as psa:
        assert psa.get("/company/companies/250/notes").json() == [note]
        assert psa.get("/service/tickets/count").json()["count"] > before


def test_the_state_file_holds_only_what_was_written(small_world: World, tmp_path: Path) -> None:
    with Sandbox(small_world, clock=lambda: NOW, state_dir=tmp_path) as sandbox, client_of(sandbox) as psa:
        note = psa.post("/company/companies/250/notes", json={"text": "x"}).json()
    assert json.loads((tmp_path / "connectwise_psa.json").read_bytes()) == {"notes": {str(note["id"]): note}}
    assert [path.name for path in tmp_path.iterdir()] == ["connectwise_psa.json"]
