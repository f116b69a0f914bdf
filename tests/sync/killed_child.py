"""A process of its own that reads everything from a vendor on loopback into a store: it is there to be killed.

Usage: killed_child.py STORE-ADDRESS BASE-URL
"""

import sys
import threading
from datetime import timedelta

from sevenc_sync import logs
from sevenc_sync.clock import utc_now
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.sync import batch
from sevenc_sync.sync.run import Surroundings, run_stream
from tests.sync.conftest import STREAMS


def main(address: str, base_url: str) -> int:
    """Read all streams; 0 when all were read."""
    logs.set_up()
    batch.MAX_ROWS = 1  # a commit a page: more moments to be killed at
    factory = HttpFactory(clock=utc_now, stop=threading.Event())
    with (
        Store.open(address) as store,
        factory(base_url, limits=Limits(per_minute=1e9, burst=10**6)) as http,
    ):
        around = Surroundings(
            store=store, clock=utc_now, holder=this_holder(), trigger="command", history=timedelta(days=365)
        )
        states = [run_stream(around, http, stream, account=1, account_name="psa").state for stream in STREAMS]
    sys.stdout.write(" ".join(states))
    return 0 if set(states) == {"ok"} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
