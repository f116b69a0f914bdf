"""What is not as it should be, worked out from the store: each thing once, by account where it is a vendor's."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.store.alarms import DOWN_AFTER, Condition, Drop, score_drops
from sevenc_sync.store.database import Store
from sevenc_sync.store.gauges import quarantined
from sevenc_sync.store.pushes import Hold, open_hold
from sevenc_sync.store.reads import stream_states
from sevenc_sync.store.silence import Silence, frozen_streams
from sevenc_sync.sync.timing import Timing

STALE_CADENCES = 3
DROP_WITHIN = timedelta(days=7)
NAMED = 5  # streams, clients or reasons in one text; the others are counted


class Asked(NamedTuple):
    """What the operator wants to know."""

    stale: timedelta  # the least age that is stale, however short the cadence
    drop: float  # points
    quarantined: int  # records of an account


def conditions(
    store: Store, accounts: Sequence[Account], timing: Timing, asked: Asked, now: datetime
) -> Iterator[Condition]:
    """Everything that should not stay as it is. Accounts that are no longer configured are left out.

    An account that is down or stopped is not called stale too.
    """
    with store.read() as connection:
        states = {(row["account"], row["stream"]): row for row in stream_states(connection)}
        frozen = frozen_streams(connection)
        held = quarantined(connection)
        hold = open_hold(connection)
        drops = score_drops(connection, now - DROP_WITHIN, asked.drop)
    for account in accounts:
        mine = {
            stream.name: states[account.number, stream.name]
            for stream in account.connector.streams
            if (account.number, stream.name) in states
        }
        blocked = list(_blocked(account, mine))
        yield from blocked
        if not any(item.kind in ("down", "stopped") for item in blocked):
            yield from _stale(account, mine, timing, asked, now)
        yield from _frozen(account, frozen)
        number = sum(count for (name, _stream), count in held.items() if name == account.name)
        if number >= asked.quarantined:
            streams = [stream for (name, stream) in held if name == account.name]
            yield Condition(
                kind="quarantine",
                subject=account.name,
                text=f"{account.name}: {_many(number, 'record')} could not be read ({_named(streams)}).",
                action=f"`sevenc-sync runs {account.name}`, then `sevenc-sync log RUN` names the fault of each.",
            )
    yield from _push_hold(hold)
    yield from map(_dropped, drops)


def _blocked(account: Account, mine: Mapping[str, Mapping[str, Any]]) -> Iterator[Condition]:
    """What keeps streams from being read."""
    stopped = [row for row in mine.values() if row["is_stopped"]]
    if stopped:
        yield Condition(
            kind="stopped",
            subject=account.name,
            text=f"{account.name}: the vendor refuses the credentials; the account is left alone.",
            action=f"Renew them, then `sevenc-sync check`. {account.name} is read again as soon as they have changed.",
        )
        return
    for kind, states, least, action in (
        ("down", ("failed",), DOWN_AFTER, "Nothing if the vendor is down: it is asked again by itself. Else see `sevenc-sync status`."),
        ("unreadable", ("unreadable",), 1, "`sevenc-sync check` names the right that is missing."),
        ("brake", ("held",), 1, "Look at the vendor's own screens; see \"Held by the brake\" in the documentation."),
    ):  # fmt: skip
        found = {
            name: row for name, row in mine.items() if row["state"] in states and row["failures"] >= least
        }
        if found:
            why = next((str(row["reason"]) for row in found.values() if row["reason"]), "")
            yield Condition(
                kind=kind,
                subject=account.name,
                text=f"{account.name}: {_named(found)} {_many_are(found, kind)} {why}".rstrip(),
                action=action,
            )


def _many_are(found: Mapping[str, object], kind: str) -> str:
    verb = "is" if len(found) == 1 else "are"
    words = {
        "down": f"cannot be read, {DOWN_AFTER} times in a row or more.",
        "unreadable": f"{verb} unreadable.",
        "brake": f"{verb} held.",
    }
    return words[kind]


def _stale(
    account: Account, mine: Mapping[str, Mapping[str, Any]], timing: Timing, asked: Asked, now: datetime
) -> Iterator[Condition]:
    late = {}
    for stream in account.connector.streams:
        row = mine.get(stream.name)
        if row is None or row["last_ok_at"] is None or row["state"] in ("unreadable", "held"):
            continue
        limit = max(STALE_CADENCES * timing.cadence(account.name, stream), asked.stale)
        if to_seconds(now) - row["last_ok_at"] > limit.total_seconds():
            late[stream.name] = row["last_ok_at"]
    if late:
        oldest = from_seconds(min(late.values()))
        yield Condition(
            kind="stale",
            subject=account.name,
            text=f"{account.name}: {_named(late)} not read since {oldest:%Y-%m-%d %H:%M} UTC.",
            action="`sevenc-sync status` says why. Levels that rest on it become unknown.",
        )


def _frozen(account: Account, frozen: Mapping[tuple[int, str], Silence]) -> Iterator[Condition]:
    mine = {stream: silence for (number, stream), silence in frozen.items() if number == account.number}
    if mine:
        said = next(iter(mine.values())).said
        yield Condition(
            kind="frozen",
            subject=account.name,
            text=f"{account.name}: {_named(mine)} {said}.",
            action='Compare with the vendor\'s own screens; see "Frozen" in the documentation. What rests on it is unknown.',
        )


def _push_hold(hold: Hold | None) -> Iterator[Condition]:
    if hold is not None:
        yield Condition(
            kind="brake",
            subject="push",
            text=f"A push is held: {'; '.join(hold.reasons[:NAMED])}",
            action='`sevenc-sync push --plan` shows it; `sevenc-sync push --accept --reason "WHY"` lets it go.',
        )


def _dropped(drop: Drop) -> Condition:
    return Condition(
        kind="score-drop",
        subject=str(drop.client),
        text=f"{drop.name}: the score fell from {drop.before:.1f} to {drop.after:.1f} within {DROP_WITHIN.days} days.",
        action=f"`sevenc-sync history '{drop.name}'` shows what moved it.",
    )


def _named(streams: Mapping[str, object] | Sequence[str]) -> str:
    names = sorted(streams)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
