"""Makes an empty migrated store, and says how many tickets the connector asks for at once.

Usage: prepare.py FILE
"""

import sys

from connectors.connectwise_psa import CONNECTOR
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

if __name__ == "__main__":
    with Store.open(f"sqlite:///{sys.argv[1]}") as store:
        upgrade(store)
    (tickets,) = (stream for stream in CONNECTOR.streams if stream.name == "tickets")
    print(tickets.paginator.first()["pageSize"])
