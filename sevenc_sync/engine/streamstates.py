"""How each stream is, in a word and a row, with what a person should do about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sevenc_sync.clock import iso, to_seconds
from sevenc_sync.store.accounts import kept_limits
from sevenc_sync.store.alarms import DOWN_AFTER
from sevenc_sync.store.details import backlogs
from sevenc_sync.store.gauges import quarantined
from sevenc_sync.store.reads import last_action, quotas, stream_states
from sevenc_sync.store.silence import frozen_streams

LATE_AFTER = 30 * 60  # seconds after its due time: longer than other streams of its account usually take

FROZEN_ACTION = "Compare with the vendor's own screens: is there anything newer there?"
LATE_ACTION = "Look whether the daemon runs: systemctl status sevenc-sync."
STOPPED_ACTION = "Renew the credentials, then sevenc-sync check."


def stream_rows(connection: Any, now: datetime) -> list[dict[str, Any]]:
    """One row for each stream, as machines get it."""
    frozen = {key: item.said for key, item in frozen_streams(connection).items()}
    bad = quarantined(connection)
    quota = {row["account"]: row for row in quotas(connection)}
    waiting = {(item.account, item.stream): item.waiting for item in backlogs(connection)}
    limits = kept_limits(connection)
    rows = []
    for row in stream_states(connection):
        name = (row["account_name"], row["stream"])
        silence = frozen.get((row["account"], row["stream"]))
        word = _word(row, frozen=silence is not None, now=now)
        action = {"ok": None, "running": None, "frozen": FROZEN_ACTION, "late": LATE_ACTION}.get(word, "")
        if action == "":
            found = last_action(connection, row["account"], row["stream"])
            action = STOPPED_ACTION if row["is_stopped"] else found
        kept = limits.get(row["account_name"])
        rows.append(
            {
                "account": row["account_name"],
                "connector": row["connector"],
                "stream": row["stream"],
                "state": "running" if row["run"] is not None else row["state"],
                "word": word,
                "last_ok_at": iso(row["last_ok_at"]),
                "next_due_at": iso(row["next_due_at"]),
                "newest_at": iso(row["newest_at"]),
                "failures": row["failures"],
                "per_minute": kept.per_minute if kept else None,
                "at_once": kept.at_once if kept else None,
                "quota_used": quota.get(row["account_name"], {}).get("used"),
                "quota_limit": quota.get(row["account_name"], {}).get("limit"),
                "outstanding": waiting.get(name),
                "quarantined": bad.get(name, 0),
                "reason": row["reason"] or silence,
                "action": action,
                "frozen": silence is not None,
            }
        )
    return rows


def _word(row: Mapping[str, Any], *, frozen: bool, now: datetime) -> str:
    """How the stream is, in a word: its state, unless more than that is known."""
    state = str(row["state"])
    late = row["next_due_at"] is not None and to_seconds(now) - row["next_due_at"] > LATE_AFTER
    for word, is_so in (
        ("running", row["run"] is not None),
        ("stopped", row["is_stopped"]),
        ("frozen", frozen),
        ("down", state == "failed" and row["failures"] >= DOWN_AFTER),
        ("late", late and state in ("ok", "partial", "stopped")),
    ):
        if is_so:
            return word
    return state
