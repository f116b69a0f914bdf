"""Ours: the ConnectWise connector's tickets through the stream engine into a migrated store, as a sync does it.

Usage: ours.py BASE_URL FILE [--at-once N] [--again]
"""

import argparse
import gc
import json
import sys
import threading
import time
from datetime import timedelta

from connectors.connectwise_psa import CONNECTOR
from sevenc_sync import logs
from sevenc_sync.clock import utc_now
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.sync.run import Kind, Surroundings, run_stream

PER_MINUTE = 1e6  # the vendor's rate is not what is measured


def main(base_url: str, path: str, at_once: int | None = None, *, again: bool = False) -> int:
    """Pull everything, and with `again` a delta and everything once more; a line of JSON for each. 0 when all were ok."""
    logs.set_up("error")
    settings = CONNECTOR.settings.model_validate(
        {
            "name": "bench",
            "connector": CONNECTOR.name,
            "base_url": base_url,
            "company_id": "bench",
            "public_key": "made-up",
            "private_key": "made-up",
            "client_id": "made-up",
        }
    )
    (tickets,) = (stream for stream in CONNECTOR.streams if stream.name == "tickets")
    factory = HttpFactory(clock=utc_now, stop=threading.Event(), per_minute=PER_MINUTE)
    gc.freeze()  # as the engine does when it opens
    kinds: list[Kind] = ["full", "usual", "full"] if again else ["full"]
    states = set()
    with Store.open(f"sqlite:///{path}") as store, CONNECTOR.open(settings, factory) as http:
        around = Surroundings(
            store=store,
            clock=utc_now,
            holder=this_holder(),
            trigger="command",
            history=timedelta(days=4000),
            workers=at_once,
        )
        account = ensure_account(store, settings.name, CONNECTOR.name)
        for kind in kinds:
            began, wall = time.process_time(), time.monotonic()
            result = run_stream(around, http, tickets, account=account, account_name=settings.name, kind=kind)
            spent = {"cpu": time.process_time() - began, "wall": time.monotonic() - wall}
            counts = {"fetched": result.fetched, "changed": result.changed, "requests": result.requests}
            print(json.dumps({"mode": result.mode, **spent, **counts}), flush=True)
            states.add(result.state)
    return 0 if states == {"ok"} else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("base_url")
    parser.add_argument("path")
    parser.add_argument("--at-once", type=int)
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    sys.exit(main(asked.base_url, asked.path, asked.at_once, again=asked.again))
