"""Vendors that misbehave in every way at once: a round ends well, with all that an undisturbed one would have read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sevenc_sync.cli.home import Home
from sevenc_sync.config import load
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.local import open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world, chaos
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(folder: Path, psa: str, seed: int | None) -> tuple[dict[str, tuple[str, int, int]], dict[str, int]]:
    """What a first round reads, stream by stream, and how often each kind of fault has struck.

    Of "poison" it is how often the record was asked for in vain.
    """
    home = Home(folder)
    home.prepare()
    world = build_world(clients=12, now=NOW)
    with Sandbox(world, vendors=(psa, "datto_bcdr"), clock=lambda: NOW) as sandbox:
        armed = {} if seed is None else chaos(sandbox, seed)
        home.write_config(sandbox.accounts, push="review", every_minutes=None)
        config = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            upgrade(store)
        with open_engine(config, clock=lambda: NOW, policy=RetryPolicy(first_wait=0.001)) as engine:
            results = engine.sync(trigger="test")
        struck: dict[str, int] = {}
        for name in armed:
            for rule in sandbox.vendors[name].faults.rules():
                struck[rule["action"]] = struck.get(rule["action"], 0) + rule["fired"]
        if armed:
            calls = sandbox.vendors[psa].counts()
            struck["poison"] = sum(
                calls["GET" if psa == "connectwise_psa" else "POST", path, 500]
                for path in {path for _method, path, _status in calls}
                if path.endswith(("/time/entries", "/TimeEntries/query"))
            )
    return {
        f"{result.account}/{result.stream}": (result.state, result.new, result.held) for result in results
    }, struck


@pytest.mark.parametrize("psa", ["connectwise_psa", "autotask_psa"])
def test_a_round_among_misbehaving_vendors_reads_what_an_undisturbed_one_does(
    psa: str, tmp_path: Path
) -> None:
    calm, _ = read(tmp_path / "calm", psa, None)
    wild, struck = read(tmp_path / "wild", psa, 7)
    assert wild == calm
    assert {state for state, _new, _held in calm.values()} == {"ok"}
    assert all(struck.values()), struck
    assert {
        "repeat_page",
        "empty_page",
        "duplicate",
        "cut",
        "html",
        "invalid_json",
        "status",
    } <= struck.keys()
