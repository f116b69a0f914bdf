"""sevenc-sync status: how each stream is, and what to do."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    configuration,
    err,
    moment,
    out,
    safe,
    show_json,
    show_table,
    state_text,
    store_of,
)
from sevenc_sync.clock import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.config import Configuration
    from sevenc_sync.store.database import Store


@app.command("status")
def status_command(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False
) -> None:
    """Show each account's streams: state, last good run, what is held, and what to do."""
    from sevenc_sync.engine.streamstates import stream_rows
    from sevenc_sync.store.service import who_works
    from sevenc_sync.store.workers import living_workers

    config = configuration(context, secrets=False)
    if config.settings.rules.directories:
        _say_rule_mistakes(config)
    with store_of(config) as store, store.read() as connection:
        rows = stream_rows(connection, utc_now())
        if as_json:
            from sevenc_sync.cli.statusfacts import status_facts

            show_json(status_facts(store, connection, rows))
            return
        if not rows:
            out.print("Nothing has been read yet. Next: sevenc-sync check, then sevenc-sync sync")
            return
        show_table(
            safe(store.address).plain,
            ("stream", "state", "last good", "next due", "newest at source", "held"),
            [
                (
                    f"{row['account']}/{row['stream']}",
                    state_text(str(row["word"])),
                    _short(row["last_ok_at"]),
                    _short(row["next_due_at"]),
                    _short(row["newest_at"]),
                    row["quarantined"],
                )
                for row in rows
            ],
        )
        _say_limits(connection)
        _say_what_waits(connection)
        has_daemon = bool(who_works(connection) or living_workers(connection))
        for (reason, action), streams in _by_reason(rows, has_daemon=has_daemon).items():
            told = f" What to do: {action}" if action else ""
            err.print(safe(f"{', '.join(streams)}: {reason}{told}"), soft_wrap=True)
        _say_house(store, connection)


def _short(time: str | None) -> str:
    return "-" if time is None else time.removesuffix("Z").replace("T", " ")


def _say_limits(connection: "Connection") -> None:
    """How hard each account is asked, and what its vendor's quota has left."""
    from sevenc_sync.store.accounts import kept_limits
    from sevenc_sync.store.reads import quotas

    for name, kept in kept_limits(connection).items():
        vendors = f" The vendor allows {kept.documented}." if kept.documented else ""
        pace = f"at most {kept.per_minute:,.0f} requests a minute, {kept.at_once} at once."
        out.print(safe(f"{name}: {pace}{vendors}"), soft_wrap=True)
    for told in quotas(connection):
        share = f"{told['used']:,} of {told['limit']:,} requests"
        left = f"{max(0, told['limit'] - told['used']):,} were left"
        at = moment(told["at"])
        out.print(
            safe(f"{told['account']}: the vendor counted {share} in its window, {left}, as of {at} UTC.")
        )


def _say_what_waits(connection: "Connection") -> None:
    """Rows that wait for a request of their own."""
    from sevenc_sync.store.details import backlogs

    for item in backlogs(connection):
        if item.waiting:
            out.print(
                safe(
                    f"{item.account}/{item.stream}: {item.waiting:,} of {item.rows:,} {item.kind} rows outstanding,"
                    f" one request each and a bounded number a run; the oldest waits since {moment(item.since)} UTC."
                )
            )


def _say_house(store: "Store", connection: "Connection") -> None:
    """The daemon, the store's size, what the brake holds, and alarms."""
    from sevenc_sync.store.alarms import open_alarms
    from sevenc_sync.store.gauges import growth, store_bytes
    from sevenc_sync.store.pushes import open_hold
    from sevenc_sync.store.service import who_works

    daemon = who_works(connection)
    if daemon is not None:
        out.print(safe(f"The daemon is {daemon.process}, alive at {moment(daemon.seen_at)} UTC."))
    elif not _say_workers(connection):
        out.print("No daemon works on this store.")
    grown = growth(connection)
    told = "" if grown is None else f", {grown.per_day / 1e6:+,.1f} MB a day over the last {grown.days} days"
    out.print(f"The store has {store_bytes(store) / 1e6:,.1f} MB{told}.")
    held = open_hold(connection)
    if held is not None:
        for reason in held.reasons:
            said = f"The brake holds a push since {held.at:%Y-%m-%d %H:%M} UTC: {reason}"
            err.print(safe(said), soft_wrap=True)
    alarms = open_alarms(connection)
    if alarms:
        err.print(safe(f"Alarms that are on: {len(alarms)}. `sevenc-sync alarm list` shows them."))


def _say_workers(connection: "Connection") -> bool:
    """The workers, where there are any: what each holds, which of them wait, and what is left to do."""
    from sevenc_sync.store.parts import count_parts
    from sevenc_sync.store.queue import queued_jobs
    from sevenc_sync.store.workers import configuration_in_force, held_by, living_workers

    workers = living_workers(connection)
    held = held_by(connection)
    for worker in workers:
        holds = ", ".join(held.get(worker.process, ())) or "nothing"
        does = f"holds {holds}" if worker.is_in_force else "waits: it works by another configuration"
        out.print(
            safe(f"The worker {worker.process} {does}; alive at {moment(worker.seen_at)} UTC."),
            soft_wrap=True,
        )
    counts = configuration_in_force(connection)
    if counts is not None and not all(worker.is_in_force for worker in workers):
        err.print(
            safe(
                f"What {counts.process} read at {moment(counts.since)} UTC counts. What to do: bring the other machines'"
                " configuration, rules and version in line, then reload or restart them."
            ),
            soft_wrap=True,
        )
    jobs = queued_jobs(connection)
    waiting, doing = count_parts(connection)
    if jobs:
        said = ", ".join(f"{number} {queue} {state}" for (queue, state), number in sorted(jobs.items()))
        out.print(f"Jobs: {said}. Parts of clients to score: {waiting} wait, {doing} are being scored.")
    return bool(workers)


def _say_rule_mistakes(config: "Configuration") -> None:
    """On standard error: what is wrong in the rule files, and that a running daemon goes on without them."""
    from sevenc_sync.engine.rulefiles import rule_directories
    from sevenc_sync.score import RulesInvalid, load_book

    try:
        load_book(rule_directories(config))
    except RulesInvalid as error:
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        count = f"{len(error.mistakes)} mistake{'s' if len(error.mistakes) > 1 else ''}"
        said = f"The rule files have {count}: a running daemon keeps the rules that it read before."
        err.print(f"{said} No other command scores until they are mended.", soft_wrap=True)


def _by_reason(
    rows: Sequence[Mapping[str, Any]], *, has_daemon: bool
) -> dict[tuple[str, str | None], list[str]]:
    """Streams by why they are not well. Where no daemon works, that is why streams are late, and is said by itself."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for row in rows:
        if row["reason"] or (row["word"] == "late" and has_daemon):
            reason = row["reason"] or "it was due long ago and was not read."
            found.setdefault((reason, row["action"]), []).append(f"{row['account']}/{row['stream']}")
    return found
