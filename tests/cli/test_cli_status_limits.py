"""Status shows how hard each account is asked, and what still waits for a request of its own; a run shows its quota."""

from pathlib import Path

from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, build_world
from tests.cli.conftest import open_site


def test_status_shows_limits_and_what_is_outstanding(tmp_path: Path) -> None:
    world = build_world(clients=2, now=utc_now(), rmms=("datto_rmm",))
    with Sandbox(world, vendors=("datto_rmm",), clock=utc_now) as sandbox:
        site = open_site(tmp_path, sandbox)
        assert site("sync", "rmm/sites", "rmm/devices").exit_code == 0
        computers = sum(
            row["deviceClass"] == "device" for row in sandbox.vendors["datto_rmm"].records("devices")
        )
        shown = site("status").output
        assert "requests a minute, 1 at once. The vendor allows 600 reads in 60 seconds" in shown
        assert f"rmm/audits: {computers} of {computers} asset rows outstanding" in shown
        assert site("sync", "rmm/audits").exit_code == 0
        row = next(row for row in site.json("status")["streams"] if row["stream"] == "audits")
        assert (row["outstanding"], row["at_once"], row["quota_limit"]) == (0, 1, 60_000)
        assert row["per_minute"] > 0
        run = site.json("runs")[0]
        told = f"{run['quota_used']:,} of 60,000 calls used by all integrations"
        assert told in " ".join(site("log", str(run["run"])).output.split())
        assert "rmm/audits:" not in site("status").output
