"""Alarms: what is not well is told once when it begins and once when it is over, many things in one message."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, insert, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.config import Configuration, Settings
from sevenc_sync.connect.connector import AccountSettings
from sevenc_sync.engine.alarms import SETTLE, Alarms, Sent, message, send_by_process
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.registry import connectors
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.alarms import open_alarms, untold
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import (
    account,
    client,
    client_score,
    push_hold,
    quarantine,
    score_history,
    score_run,
    stream_state,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STREAMS = [stream.name for stream in connectors()["connectwise_psa"].streams][:7]


@dataclass
class Watch:
    """A store with one account, and a daemon's alarms over it; messages are kept, and fail where a test says so."""

    store: Store
    account: Account
    config: Configuration
    now: datetime = NOW
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.alarms = Alarms(store=self.store, send=self._send)

    def _send(self, _addresses: Sequence[str], title: str, body: str, kind: str) -> list[Sent]:
        if self.fails:
            return [Sent("JSON", "the service cannot be reached")]
        self.sent.append((title, body, kind))
        return [Sent("JSON")]

    def look(self, later: timedelta = timedelta()) -> list[str]:
        """Look at once and again when what began has settled; gives the titles of what was sent."""
        before = len(self.sent)
        self.now += later
        for _ in range(2):
            self.alarms.look(self.config, [self.account], self.now)
            self.now += SETTLE
        return [title for title, _, _ in self.sent[before:]]

    def stream(
        self, name: str, state: str = "ok", *, failures: int = 0, age: float = 0, reason: str = ""
    ) -> None:
        """A stream's state; `age` in hours since its last good run."""
        values = {
            "state": state,
            "failures": failures,
            "reason": reason or None,
            "last_ok_at": to_seconds(self.now - timedelta(hours=age)),
        }
        key = (stream_state.c.account == self.account.number) & (stream_state.c.stream == name)
        with self.store.write() as connection:
            if not connection.execute(update(stream_state).where(key).values(values)).rowcount:
                mine = {"account": self.account.number, "stream": name}
                connection.execute(insert(stream_state).values(mine | values))


@pytest.fixture
def watch(store: Store) -> Watch:
    connector = connectors()["connectwise_psa"]
    number = ensure_account(store, "psa", connector.name)
    settings = AccountSettings(name="psa", connector=connector.name, base_url="https://psa.example.com")
    config = Configuration(
        path=Path("config.toml"),
        settings=Settings(),
        accounts={"psa": settings},
        store_url="",
        master="psa",
        alarm_addresses=(SecretStr("json://127.0.0.1/"),),
    )
    return Watch(store, Account(number=number, settings=settings, connector=connector), config)


def test_a_vendors_outage_is_one_message_and_its_end_another(watch: Watch) -> None:
    for name in STREAMS:
        watch.stream(name, "failed", failures=3, reason="The connection failed.")
    assert watch.look() == ["sevenc-sync: 1 begins"]
    assert watch.look(timedelta(days=2)) == []  # long enough to be stale as well
    _, body, kind = watch.sent[0]
    assert f"psa: {', '.join(sorted(STREAMS)[:5])} and 2 more cannot be read" in body
    assert "The connection failed." in body
    assert "What to do: Nothing if the vendor is down" in body
    assert kind == "warning"
    for name in STREAMS:
        watch.stream(name)
    assert watch.look() == ["sevenc-sync: 1 ends"]
    assert watch.sent[-1][2] == "success"
    assert watch.look(timedelta(hours=1)) == []


def test_what_comes_back_before_its_end_was_told_goes_on(watch: Watch) -> None:
    watch.stream("tickets", "unreadable", failures=1)
    assert watch.look() == ["sevenc-sync: 1 begins"]
    watch.stream("tickets")
    watch.alarms.look(watch.config, [watch.account], watch.now)
    watch.stream("tickets", "unreadable", failures=1)
    assert watch.look(timedelta(minutes=1)) == []


def test_what_is_over_before_it_was_told_is_never_told(watch: Watch) -> None:
    watch.stream("tickets", "held", failures=1)
    watch.alarms.look(watch.config, [watch.account], watch.now)
    watch.stream("tickets")
    assert watch.look(timedelta(minutes=1)) == []
    with watch.store.read() as connection:
        assert untold(connection) == []


def test_a_message_that_does_not_go_out_is_sent_later(watch: Watch) -> None:
    watch.fails = True
    watch.stream("tickets", "unreadable", failures=1)
    assert watch.look() == []
    watch.fails = False
    watch.alarms.look(watch.config, [watch.account], watch.now)
    assert watch.sent == []  # not at once: the service is given time
    assert watch.look(timedelta(minutes=5)) == ["sevenc-sync: 1 begins"]


def test_a_restart_tells_nothing_twice(watch: Watch) -> None:
    watch.stream("tickets", "unreadable", failures=1)
    watch.look()
    again = replace(watch)
    assert again.look() == []


def test_each_kind_has_its_reason(watch: Watch) -> None:
    at = to_seconds(watch.now)
    watch.stream("tickets", age=25)
    watch.stream("companies", "held", failures=1, reason="40 of 50 are gone.")
    number = watch.account.number
    with watch.store.write() as connection:
        connection.execute(insert(push_hold).values(at=at, reasons='["101 notes at once"]', entries="[]"))
        connection.execute(
            insert(quarantine).values(
                account=number, stream="tickets", digest=1, run=1, path="$.id", reason="x", body=b"{}", first_at=at, last_at=at
            )
        )  # fmt: skip
    watch.look()
    with watch.store.read() as connection:
        texts = {(item.kind, item.subject): item.text for item in open_alarms(connection)}
    assert texts == {
        ("stale", "psa"): "psa: tickets not read since 2026-11-21 11:00 UTC.",
        ("brake", "psa"): "psa: companies is held. 40 of 50 are gone.",
        ("brake", "push"): "A push is held: 101 notes at once",
        ("quarantine", "psa"): "psa: 1 record could not be read (tickets).",
    }
    with watch.store.write() as connection:
        connection.execute(update(account).values(is_stopped=True))
        connection.execute(delete(quarantine))
    watch.look()
    with watch.store.read() as connection:
        assert {(item.kind, item.subject) for item in open_alarms(connection)} == {
            ("stopped", "psa"),
            ("brake", "push"),
        }


def test_a_score_that_falls_by_the_same_rules_is_told_and_one_by_other_rules_is_not(watch: Watch) -> None:
    day = 86_400
    at = to_seconds(watch.now)
    # client -> its scores by (days ago, rules, score); the last one is now's
    told: dict[int, list[tuple[int, str, float]]] = {
        1: [(30, "new", 80), (2, "new", 60.5)],
        2: [(30, "old", 80), (2, "new", 60)],
        3: [(30, "new", 80), (9, "new", 60), (2, "new", 61)],
        4: [(5, "new", 70), (2, "new", 75), (1, "new", 66)],
    }
    with watch.store.write() as connection:
        connection.execute(insert(score_run).values(id=1, at=at, rules_hash="new", clients=4, changed=4))
        for number, scores in told.items():
            name = f"Client {number}"
            connection.execute(
                insert(client).values(
                    id=number, name=name, account=watch.account.number, company=str(number), is_active=True, created_at=0
                )
            )  # fmt: skip
            for ago, rules, score in scores:
                connection.execute(
                    insert(score_history).values(
                        client=number, kind="client", slug="", at=at - ago * day, score_run=1, rules_hash=rules, level=score
                    )
                )  # fmt: skip
            connection.execute(
                insert(client_score).values(
                    client=number, score_run=1, at=at, rules_hash="new", score=scores[-1][2], proof=1, is_provisional=False
                )
            )  # fmt: skip
    watch.look()
    (_, body, _) = watch.sent[0]
    assert [line for line in body.splitlines() if line.startswith("- ")] == [
        "- score-drop, since 2026-11-22 12:00 UTC: Client 1: the score fell from 80.0 to 60.5 within 7 days."
    ]


def test_kinds_that_nobody_wants_are_no_alarms(watch: Watch) -> None:
    alarms = watch.config.settings.alarms.model_copy(update={"kinds": ("frozen",)})
    watch.config = replace(watch.config, settings=watch.config.settings.model_copy(update={"alarms": alarms}))
    watch.stream("tickets", "unreadable", failures=1)
    assert watch.look() == []


def test_many_alarms_are_counted_and_not_listed_without_end(watch: Watch) -> None:
    watch.stream("tickets", "unreadable", failures=1)
    watch.look()
    with watch.store.read() as connection:
        (one,) = open_alarms(connection)
    title, body, _ = message([one] * 30)
    assert title == "sevenc-sync: 30 begin"
    assert body.count("\n- unreadable") == 20
    assert body.endswith("- and 10 more: `sevenc-sync alarm list`")


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service on loopback that takes messages at /good/… and refuses them elsewhere."""
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            good = self.path.startswith("/good/")
            if good:
                heard.append(json.loads(body))
            self.send_response(200 if good else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_hears_it_and_no_address_is_told_of_one_that_refuses(
    webhook: tuple[str, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    place, heard = webhook
    addresses = [f"json://{place}/good/t0ken", f"json://{place}/bad/t0ken", "no-such-service://t0ken"]
    results = send_by_process(addresses, "sevenc-sync: 1 begins", "Begins\n- down", "warning")
    assert results == [
        Sent("JSON"),
        Sent("JSON", "the service answered 403"),
        Sent("?", "the address is not one of apprise's"),
    ]
    ((title, body, kind),) = [(item["title"], item["message"], item["type"]) for item in heard]
    assert (title, body, kind) == ("sevenc-sync: 1 begins", "Begins\n- down", "warning")
    assert "t0ken" not in str(results)
