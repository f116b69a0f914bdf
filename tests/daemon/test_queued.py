"""A daemon that is one of many workers tells what it does, and waits while another configuration counts."""

import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sevenc_sync import logs
from sevenc_sync.config import load
from sevenc_sync.daemon import Daemon
from sevenc_sync.engine.fingerprint import fingerprint
from sevenc_sync.engine.local import open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.registry import connectors
from sevenc_sync.store import workers
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.queue import upgrade_queue

PATIENCE = 180.0
FAR = "far:4711:1"


def wait_for(what: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def config(site: Any, postgres_url: str) -> Any:
    """The site's configuration for many machines; the store's own tables are there, the queue's are not."""
    site.config()
    text = site.home.config.read_text().replace("sqlite:///store.db", postgres_url)
    site.home.config.write_text(f'engine = "procrastinate"\n{text}\n[workers]\nlost_after_seconds = 2\n')
    with Store.open(postgres_url) as store:
        upgrade(store)
    return load(site.home.config, connectors())


@pytest.mark.timeout(600)
def test_it_works_while_its_configuration_counts_and_says_what_it_waits_for(site: Any, config: Any) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)

    def said(event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event]

    with open_engine(config) as engine:
        with pytest.raises(StoreProblem, match=r"no task queue yet.*Run: sevenc-sync db upgrade"):
            Daemon(engine, notifier=Notifier(None)).run()
        upgrade_queue(engine.store)
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=1)
        working = threading.Thread(target=daemon.run)
        working.start()
        try:
            wait_for(lambda: said("scored"))
            assert set(daemon.checks().items()) >= {("queue", None), ("configuration", None)}
            metrics = daemon.metrics.exposition()[0].decode()
            assert 'sevenc_workers{state="working"} 1.0' in metrics
            assert 'sevenc_workers{state="waiting"} 0.0' in metrics

            mine = fingerprint(engine)
            workers.declare(engine.store, FAR, "another")
            wait_for(lambda: said("another configuration counts"))
            assert "process 4711 on far works by another configuration" in str(
                daemon.checks()["configuration"]
            )
            wait_for(lambda: not daemon.work.reading)
            asked = [len(vendor.requests) for vendor in site.sandbox.vendors.values()]
            time.sleep(2.5)  # two ticks; every stream is always due
            assert [len(vendor.requests) for vendor in site.sandbox.vendors.values()] == asked

            workers.declare(engine.store, FAR, mine)
            wait_for(lambda: [len(vendor.requests) for vendor in site.sandbox.vendors.values()] != asked)
            assert daemon.checks()["configuration"] is None
        finally:
            engine.stop.set()
            working.join(PATIENCE)
        assert not working.is_alive()
        with engine.store.read() as connection:
            assert workers.living_workers(connection) == []
    assert said("stopped")
    assert [
        line for line in map(json.loads, stream.getvalue().splitlines()) if line["level"] == "error"
    ] == []
