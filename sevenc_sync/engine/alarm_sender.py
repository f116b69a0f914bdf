"""Sends one message through apprise: a process of its own, started for each message.

The library holds some 40 MiB once it has loaded its services, and the daemon sends a message a week. What to send comes as
JSON on standard input, because an address holds secrets and arguments are seen by everybody; what became of it goes as
JSON to standard output.
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any


class _Statuses(logging.Handler):
    """Picks the HTTP status out of what the library says of a failure; the rest may hold parts of the address."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        found = re.search(r"error=(\d{3})", record.getMessage())
        self.last = (
            f"the service answered {found[1]}" if found else self.last or "the service cannot be reached"
        )


def send(addresses: Sequence[str], title: str, body: str, kind: str) -> list[dict[str, Any]]:
    """Send to each address; gives service, sent and error of each, in their order. No part of an address is in it."""
    import apprise  # noqa: PLC0415 - heavy; the module is imported to start it, too

    heard = _Statuses()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    logger.propagate = False
    results = []
    for address in addresses:
        heard.last = ""
        service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if service is None:
            results.append({"service": "?", "sent": False, "error": "the address is not one of apprise's"})
            continue
        sent = bool(service.notify(body=body, title=title, notify_type=kind))
        error = None if sent else heard.last or "the service did not take it"
        results.append({"service": str(service.service_name), "sent": sent, "error": error})
    return results


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(send(asked["addresses"], asked["title"], asked["body"], asked["kind"]), sys.stdout)
