"""sevenc-sync sync, status, runs, log: reading the sources, and what came of it."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    BRAKE,
    ERROR,
    PARTIAL,
    USAGE,
    configuration,
    engine_errors,
    err,
    fail,
    iso,
    moment,
    out,
    safe,
    show_json,
    show_table,
    state_text,
    store_of,
)

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.sync.run import RunResult

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]

_TIMES = ("started_at", "finished_at", "cursor_from", "cursor_to")


def exit_code(results: Sequence["RunResult"]) -> int:
    """0 when all went well, 4 when the brake holds something, 3 when a part went well, 1 when nothing did."""
    if any(result.state == "held" for result in results):
        return BRAKE
    good = [result for result in results if result.state == "ok"]
    if len(good) == len(results):
        return 0
    return PARTIAL if good or any(result.state in ("partial", "busy") for result in results) else ERROR


@app.command("sync")
def sync_command(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE[/STREAM]", help="Accounts or streams; default: all."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also find out what is gone at the source.")] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="With --sweep: let go even above the brake.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read the sources now, then match companies to clients."""
    from sevenc_sync.cli.progress import show_results, sync_progress
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.engine.local import UnknownTarget, open_engine

    config = configuration(context, quiet=True)
    stop = threading.Event()
    try:
        with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
            if not engine.accounts:
                fail("the configuration has no enabled account; add an [accounts.NAME] table.", USAGE)
            with sync_progress() as progress:
                results = engine.sync(
                    trigger="command",
                    targets=targets or (),
                    full=full,
                    sweep=sweep,
                    accept_deletions=accept_deletions,
                    on_progress=progress.on_progress,
                    on_result=progress.on_result,
                )
            matched = engine.match()
    except UnknownTarget as error:
        fail(str(error), USAGE)
    if as_json:
        show_json([result_json(result) for result in results])
    else:
        show_results(results)
        out.print(safe(matched.sentence()))
    raise typer.Exit(exit_code(results))


def result_json(result: "RunResult") -> dict[str, object]:
    """A run's result for machines."""
    names = (
        "account",
        "stream",
        "state",
        "run",
        "mode",
        "fetched",
        "new",
        "changed",
        "same",
        "held",
        "gone",
        "requests",
        "error",
        "action",
    )
    return {name: getattr(result, name) for name in names}


@app.command("status")
def status_command(context: typer.Context, as_json: AsJson = False) -> None:
    """Show each account's streams: state, last good run, what is held, and what to do."""
    from sevenc_sync.score.feeds import silence_said
    from sevenc_sync.store.accounts import kept_limits
    from sevenc_sync.store.details import backlogs
    from sevenc_sync.store.pushes import open_hold
    from sevenc_sync.store.quarantine import held as quarantined
    from sevenc_sync.store.reads import quotas, stream_states
    from sevenc_sync.store.silence import frozen_streams

    config = configuration(context)
    _say_rule_mistakes(config)
    with store_of(config) as store, store.read() as connection:
        states = stream_states(connection)
        bad = quarantined(connection)
        frozen = {key: silence_said(item) for key, item in frozen_streams(connection).items()}
        quota = {row["account"]: row for row in quotas(connection)}
        waiting = {(item.account, item.stream): item for item in backlogs(connection)}
        limits = kept_limits(connection)
        held = open_hold(connection)
    rows = [
        {
            "account": row["account_name"],
            "connector": row["connector"],
            "stream": row["stream"],
            "state": "running" if row["run"] is not None else row["state"],
            "last_ok_at": iso(row["last_ok_at"]),
            "next_due_at": iso(row["next_due_at"]),
            "newest_at": iso(row["newest_at"]),
            "failures": row["failures"],
            "per_minute": kept.per_minute if (kept := limits.get(row["account_name"])) else None,
            "at_once": kept.at_once if kept else None,
            "quota_used": quota.get(row["account_name"], {}).get("used"),
            "quota_limit": quota.get(row["account_name"], {}).get("limit"),
            "outstanding": item.waiting
            if (item := waiting.get((row["account_name"], row["stream"]))) is not None
            else None,
            "quarantined": sum(
                1 for item in bad if item["account"] == row["account"] and item["stream"] == row["stream"]
            ),
            "reason": row["reason"] or frozen.get((row["account"], row["stream"])),
            "frozen": (row["account"], row["stream"]) in frozen,
        }
        for row in states
    ]
    if as_json:
        show_json(rows)
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
                state_text("frozen" if row["frozen"] else str(row["state"])),
                moment(state["last_ok_at"]),
                moment(state["next_due_at"]),
                moment(state["newest_at"]),
                row["quarantined"],
            )
            for row, state in zip(rows, states, strict=True)
        ],
    )
    for name, kept in limits.items():
        vendors = f" The vendor allows {kept.documented}." if kept.documented else ""
        out.print(
            safe(
                f"{name}: at most {kept.per_minute:,.0f} requests a minute, {kept.at_once} at once.{vendors}"
            ),
            soft_wrap=True,
        )
    for name, told in quota.items():
        share = f"{told['used']:,} of {told['limit']:,} requests"
        left = f"{max(0, told['limit'] - told['used']):,} were left"
        out.print(
            safe(f"{name}: the vendor counted {share} in its window, {left}, as of {moment(told['at'])} UTC.")
        )
    for item in waiting.values():
        if item.waiting:
            out.print(
                safe(
                    f"{item.account}/{item.stream}: {item.waiting:,} of {item.rows:,} {item.kind} rows outstanding,"
                    f" one request each and a bounded number a run; the oldest waits since {moment(item.since)} UTC."
                )
            )
    for reason, streams in _by_reason(rows).items():
        err.print(safe(f"{', '.join(streams)}: {reason}"), soft_wrap=True)
    if held is not None:
        for reason in held.reasons:
            said = f"The brake holds a push since {held.at:%Y-%m-%d %H:%M} UTC: {reason}"
            err.print(safe(said), soft_wrap=True)


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


def _by_reason(rows: Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"]:
            found.setdefault(str(row["reason"]), []).append(f"{row['account']}/{row['stream']}")
    return found


@app.command("runs")
def runs_command(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE[/STREAM]", help="Only this account or stream.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10000, help="How many, newest first.")
    ] = 30,
    as_json: AsJson = False,
) -> None:
    """List the newest runs with what each fetched, wrote and cost."""
    from sevenc_sync.store.reads import runs

    config = configuration(context)
    name, _, stream = (source or "").partition("/")
    with store_of(config) as store, store.read() as connection:
        rows = runs(connection, limit=limit, account_name=name or None, stream=stream or None)
    if as_json:
        show_json([run_json(row) for row in rows])
        return
    show_table(
        None,
        ("run", "stream", "state", "mode", "started", "fetched", "new", "changed", "same", "held", "calls"),
        [
            (
                row["id"],
                f"{row['account_name']}/{row['stream']}",
                state_text(row["state"]),
                row["mode"],
                moment(row["started_at"]),
                *(row[key] for key in ("fetched", "new", "changed", "same", "held", "requests")),
            )
            for row in rows
        ],
    )


def run_json(row: Mapping[str, Any]) -> dict[str, object]:
    """A run's row for machines: the account by name, times as text."""
    values = {key: iso(value) if key in _TIMES else value for key, value in row.items()}
    values["account"] = values.pop("account_name")
    values["run"] = values.pop("id")
    return values


@app.command("log")
def log_command(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="RUN", help="The run's number, from `runs`.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one run: its counters, its log, its quarantined records, its error and what to do."""
    import time

    from sevenc_sync.store.reads import quarantine_of_run, run_lines, run_row

    config = configuration(context)
    with store_of(config) as store:
        with store.read() as connection:
            row = run_row(connection, number)
            lines = run_lines(connection, number)
            bad = quarantine_of_run(connection, number)
        if row is None:
            fail(f"there is no run {number}; `sevenc-sync runs` lists them.")
        if as_json:
            show_json({**run_json(row), "log": [_line_json(line) for line in lines], "quarantine": bad})
            return
        shown = _print_lines(lines, 0)
        while follow and row["state"] == "running":
            time.sleep(0.5)
            with store.read() as connection:
                row = run_row(connection, number) or row
                shown = _print_lines(run_lines(connection, number, shown), shown)
        out.print(
            safe(
                f"run {number}: {row['account_name']}/{row['stream']}, {row['mode']}, started by {row['trigger']}"
            )
        )
        show_table(
            None,
            ("", ""),
            [
                ("state", state_text(row["state"])),
                ("started", moment(row["started_at"])),
                ("finished", moment(row["finished_at"])),
                ("read", f"{moment(row['cursor_from'])} → {moment(row['cursor_to'])}"),
                (
                    "records",
                    f"{row['fetched']} = {row['new']} new + {row['changed']} changed + {row['same']} same + {row['held']} held",
                ),
                (
                    "calls",
                    f"{row['requests']}, {row['retries']} retries, {row['waited_ms'] / 1000:.1f} s waited, {row['bytes']} bytes",
                ),
            ],
        )
        for item in bad:
            out.print(safe(f"held: record {item['id']}: {item['path']}: {item['reason']}"))
        if row["error"]:
            out.print(safe(f"Error: {row['error']}"))
        if row["action"]:
            out.print(safe(f"What to do: {row['action']}"))


def _line_json(line: Mapping[str, Any]) -> dict[str, object]:
    return {"at": iso(line["at"]), "level": line["level"], "event": line["event"], "detail": line["detail"]}


def _print_lines(lines: Sequence[Mapping[str, Any]], last: int) -> int:
    for line in lines:
        out.print(
            safe(f"{moment(line['at'])} {line['level']:7} {line['event']} {line['detail'] or ''}"),
            soft_wrap=True,
        )
        last = int(line["id"])
    return last
