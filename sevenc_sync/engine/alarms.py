"""Alarms: look what is not well, and tell people once when it begins and once when it ends, many things in one message."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sevenc_sync.clock import EPOCH
from sevenc_sync.config import Configuration
from sevenc_sync.engine.conditions import Asked, conditions
from sevenc_sync.engine.sync_job import Account, timing_of
from sevenc_sync.store.alarms import Alarm, mark_told, observe, untold
from sevenc_sync.store.database import Store

SETTLE = timedelta(minutes=3)  # what begins together is told together
FIRST_RETRY, SLOWEST_RETRY = timedelta(minutes=5), timedelta(hours=1)
SEND_SECONDS = 60  # for all addresses together
SHOWN = 20  # alarms in one message; the others are counted

log = structlog.get_logger("alarms")


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message at one address: the service's name, and what went wrong."""

    service: str
    error: str | None = None


Send = Callable[[Sequence[str], str, str, str], list[Sent]]


def send_by_process(addresses: Sequence[str], title: str, body: str, kind: str) -> list[Sent]:
    """Send one message to every address. `kind` is apprise's: info, success, warning or failure. Never raises."""
    asked = json.dumps({"addresses": list(addresses), "title": title, "body": body, "kind": kind})
    command = [sys.executable, "-m", "sevenc_sync.engine.alarm_sender"]
    try:
        done = subprocess.run(  # noqa: S603 - this very program; what is secret goes through its standard input
            command, input=asked, capture_output=True, text=True, timeout=SEND_SECONDS, check=True
        )
        return [
            Sent(item["service"], item["error"] or (None if item["sent"] else "not sent"))
            for item in json.loads(done.stdout)
        ]
    except subprocess.TimeoutExpired:
        return [Sent("?", f"no end within {SEND_SECONDS} seconds") for _ in addresses]
    except (OSError, subprocess.CalledProcessError, json.JSONDecodeError) as error:
        return [Sent("?", f"the sender did not work ({type(error).__name__})") for _ in addresses]


@dataclass(kw_only=True)
class Alarms:
    """Looks and tells. `send` is how a message goes out."""

    store: Store
    send: Send = send_by_process
    _not_before: datetime = field(default=EPOCH, init=False)
    _failures: int = field(default=0, init=False)
    _told_trouble: str | None = field(default=None, init=False)

    def look(self, config: Configuration, accounts: Sequence[Account], now: datetime) -> None:
        """Note what begins and ends; send what is to be told, once what began together is there."""
        settings = config.settings.alarms
        asked = Asked(timedelta(hours=settings.stale_hours), settings.drop_points, settings.quarantined)
        there = conditions(self.store, accounts, timing_of(config), asked, now)
        found = [item for item in there if item.kind in settings.kinds]
        with self.store.write() as connection:
            observe(connection, found, now)
            news = untold(connection)
        if not config.alarm_addresses or now < self._not_before:
            return
        if any(now - (item.ended_at or item.since) >= SETTLE for item in news):
            self._tell([address.get_secret_value() for address in config.alarm_addresses], news, now)

    def tell_of_store(self, config: Configuration, trouble: str | None) -> None:
        """Say that nothing can be written, and that it can be again: this alone cannot be kept in the store."""
        if (trouble is None) == (self._told_trouble is None) or not config.alarm_addresses:
            return
        addresses = [address.get_secret_value() for address in config.alarm_addresses]
        if trouble is not None:
            text = f"{trouble} Nothing is read, scored or sent until then."
            results = self.send(addresses, "sevenc-sync: the store cannot be written", text, "failure")
        else:
            text = "Everything goes on by itself."
            results = self.send(addresses, "sevenc-sync: the store can be written again", text, "success")
        if any(item.error is None for item in results):
            self._told_trouble = trouble

    def _tell(self, addresses: Sequence[str], news: Sequence[Alarm], now: datetime) -> None:
        title, body, kind = message(news)
        results = self.send(addresses, title, body, kind)
        failed = [item for item in results if item.error is not None]
        for item in failed:
            log.warning("alarm not sent", service=item.service, error=item.error)
        if len(failed) == len(results):
            self._failures += 1
            wait = min(FIRST_RETRY * 2 ** min(self._failures - 1, 10), SLOWEST_RETRY)
            self._not_before = now + wait
            return
        # Where one of several services fails, nobody is told twice: the others have it.
        self._failures = 0
        with self.store.write() as connection:
            mark_told(connection, news, now)
        log.info("alarms sent", begun=sum(item.ended_at is None for item in news), alarms=len(news))


def message(news: Sequence[Alarm]) -> tuple[str, str, str]:
    """Title, text and apprise's kind of one message about everything that began and ended."""
    begun = [item for item in news if item.ended_at is None]
    over = [item for item in news if item.ended_at is not None]
    counted = [f"{len(begun)} begin{'s' if len(begun) == 1 else ''}"] if begun else []
    counted += [f"{len(over)} end{'s' if len(over) == 1 else ''}"] if over else []
    lines: list[str] = []
    for heading, items in (("Begins", begun), ("Is over", over)):
        lines += [heading] if items else []
        for item in items[:SHOWN]:
            since = f"{item.since:%Y-%m-%d %H:%M} UTC"
            lines.append(f"- {item.kind}, since {since}: {item.text}")
            lines += [f"  What to do: {item.action}"] if item.ended_at is None else []
        if len(items) > SHOWN:
            lines.append(f"- and {len(items) - SHOWN} more: `sevenc-sync alarm list`")
    return f"sevenc-sync: {', '.join(counted)}", "\n".join(lines), "warning" if begun else "success"
