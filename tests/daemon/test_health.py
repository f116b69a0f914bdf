"""What the daemon tells over HTTP: whether it is alive, whether it can work, and its numbers."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sevenc_sync.daemon import Daemon
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.web.app import make_app
from sevenc_sync.web.server import WebProblem, WebServer

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
NAME = re.compile(r"\bsevenc_\w+")


def get(server: WebServer, path: str) -> tuple[int, str, Mapping[str, str]]:
    try:
        with urllib.request.urlopen(server.address + path, timeout=10) as answer:  # noqa: S310 - our own server
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def serving(daemon: Daemon) -> WebServer:
    return WebServer(make_app(daemon, daemon.metrics.exposition), "127.0.0.1", 0)


def families(text: str) -> set[str]:
    """The names that an exposition has lines of, and those that it announces."""
    return set(NAME.findall(text))


@pytest.fixture
def scraped(site: Any) -> dict[str, Any]:
    """What was answered when everything had been read once, and a second account of ours had gone down."""
    found: dict[str, Any] = {}

    def enough(engine: Engine, result: RunResult) -> None:
        if result.stream == "tickets":
            found["ready"] = get(server, "/readyz")
            found["alive"] = get(server, "/healthz")
            found["result"] = result
            engine.stop.set()

    with open_engine(site.config()) as engine:
        daemon = Daemon(
            engine,
            notifier=Notifier(None),
            tick_seconds=0.02,
            on_result=lambda result: enough(engine, result),
        )
        with serving(daemon) as server:
            found["before"] = get(server, "/readyz")
            daemon.run()
            found["metrics"] = get(server, "/metrics")
            found["after"] = get(server, "/readyz")
    return found


def test_it_is_ready_while_it_works_and_not_before_or_after(scraped: dict[str, Any]) -> None:
    status, body, headers = scraped["ready"]
    assert (status, json.loads(body)["ready"]) == (200, True)
    assert json.loads(body)["checks"] == {"store": "ok", "schema": "ok", "scheduler": "ok"}
    assert headers["cache-control"] == "no-store"
    assert scraped["alive"][0] == 200
    for when in ("before", "after"):
        status, body, _ = scraped[when]
        assert (status, json.loads(body)["checks"]["scheduler"]) == (503, "it starts or stops")


def test_the_numbers_are_those_of_the_runs(scraped: dict[str, Any]) -> None:
    status, text, headers = scraped["metrics"]
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=")
    result = scraped["result"]
    labels = f'account="{result.account}",'
    assert f'sevenc_runs_total{{{labels}state="ok",stream="tickets"}} 1.0' in text
    assert f'sevenc_records_total{{{labels}outcome="new",stream="tickets"}} {float(result.new)}' in text
    assert f'sevenc_stream_state{{{labels}state="ok",stream="tickets"}} 1.0' in text
    asked = re.search(rf'sevenc_requests_total{{{labels}outcome="ok"}} (\S+)', text)
    assert asked is not None
    assert float(asked[1]) >= result.requests
    assert re.search(rf'sevenc_newest_evidence_timestamp_seconds{{{labels}stream="tickets"}} \d', text)


def test_no_client_and_no_secret_is_in_the_numbers(scraped: dict[str, Any], site: Any, world: Any) -> None:
    text = scraped["metrics"][1]
    secrets = [value for account in site.sandbox.accounts for value in account.secrets.values()]
    assert not [word for word in (*secrets, *(client.name for client in world.clients)) if word in text]


def test_the_dashboard_the_alert_rules_and_the_page_know_these_numbers_alone(scraped: dict[str, Any]) -> None:
    there = families(scraped["metrics"][1])
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = yaml.safe_load((MONITORING / "alert-rules.yml").read_text(encoding="utf-8"))
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    page = (MONITORING.parent / "monitoring.md").read_text(encoding="utf-8")
    described = {
        name for row in re.findall(r"^\| `sevenc.*?\|", page, re.MULTILINE) for name in NAME.findall(row)
    }
    # A vendor of the sandbox tells a quota only after others; nothing was delivered here.
    quiet = {"sevenc_quota_left", "sevenc_quota_limit", "sevenc_last_scoring_timestamp_seconds"}
    assert {name for expr in asked for name in NAME.findall(expr)} <= there | quiet
    base = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in there}
    assert {
        name
        for name in base
        if name.removesuffix("_total") not in {word.removesuffix("_total") for word in described}
    } == set()
    assert {name for name in described if name not in there | quiet} == set()


def test_a_store_that_does_not_answer_is_not_ready(site: Any, tmp_path: Path) -> None:
    with open_engine(site.config()) as engine, serving(Daemon(engine, notifier=Notifier(None))) as server:
        path = Path(str(engine.store.engine.url.database))
        engine.store.close()
        path.rename(tmp_path / "away.db")
        path.mkdir()
        status, body, _ = get(server, "/readyz")
    assert status == 503
    checks = json.loads(body)["checks"]
    assert "unable to open" in checks["store"]
    assert checks["schema"] == "not known: the store does not answer"


def test_an_address_that_is_taken_is_named(site: Any) -> None:
    with open_engine(site.config()) as engine:
        daemon = Daemon(engine, notifier=Notifier(None))
        with serving(daemon) as server:
            port = int(server.address.rpartition(":")[2])
            with pytest.raises(WebProblem, match=rf"127\.0\.0\.1:{port} .*web\.listen"):
                WebServer(make_app(daemon, daemon.metrics.exposition), "127.0.0.1", port).start()
