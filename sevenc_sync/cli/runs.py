"""sevenc-sync runs, log: what each reading did, cost, and led to."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    configuration,
    fail,
    moment,
    out,
    safe,
    show_json,
    show_table,
    state_text,
    store_of,
)
from sevenc_sync.clock import iso

if TYPE_CHECKING:
    from sevenc_sync.store.rounds import Round

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]

_TIMES = ("started_at", "finished_at", "cursor_from", "cursor_to")
_COUNTS = ("fetched", "new", "changed", "same", "held", "gone", "requests", "retries")


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

    config = configuration(context, secrets=False)
    name, _, stream = (source or "").partition("/")
    with store_of(config) as store, store.read() as connection:
        rows = runs(connection, limit=limit, account_name=name or None, stream=stream or None)
    if as_json:
        show_json([run_json(row) for row in rows])
        return
    show_table(
        None,
        ("run", "stream", "state", "by", "mode", "started", *_COUNTS[:-2], "calls", "retries"),
        [
            (
                row["id"],
                f"{row['account_name']}/{row['stream']}",
                state_text(row["state"]),
                row["trigger"],
                row["mode"],
                moment(row["started_at"]),
                *(row[key] for key in _COUNTS),
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
    """Show one run: its counters, its log, its quarantined records, what followed it, its error and what to do."""
    from sevenc_sync.store.reads import quarantine_of_run, run_lines, run_row
    from sevenc_sync.store.rounds import read_round

    config = configuration(context, secrets=False)
    with store_of(config) as store:
        with store.read() as connection:
            row = run_row(connection, number)
            lines = run_lines(connection, number)
            bad = quarantine_of_run(connection, number)
        if row is None:
            fail(f"there is no run {number}; `sevenc-sync runs` lists them.")
        if not as_json:
            _print_lines(lines)
        while follow and row["state"] == "running":
            time.sleep(0.5)
            with store.read() as connection:
                row = run_row(connection, number) or row
                news = run_lines(connection, number, lines[-1]["id"] if lines else 0)
                bad = quarantine_of_run(connection, number)
            lines += news
            if not as_json:
                _print_lines(news)
        with store.read() as connection:
            followed = read_round(connection, row["round"])
    retries = _retries(lines)
    if as_json:
        more = {"log": [line_json(line) for line in lines], "quarantine": bad}
        told = None if followed is None else msgspec.structs.asdict(followed)
        show_json({**run_json(row), "causes": retries, "followed": told, **more})
        return
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
            ("gone upstream", row["gone"]),
            (
                "calls",
                f"{row['requests']}, {row['retries']} retries, {row['waited_ms'] / 1000:.1f} s waited, {row['bytes']} bytes",
            ),
            *(
                ("retried", f"{cause}: {told['times']} times, {told['seconds']:.1f} s waited")
                for cause, told in retries.items()
            ),
            *(
                [("vendor's quota", _quota(row["quota_used"], row["quota_limit"]))]
                if row["quota_limit"]
                else []
            ),
            ("followed by", _followed(followed, row)),
        ],
    )
    for item in bad:
        out.print(safe(f"held: record {item['id']}: {item['path']}: {item['reason']}"))
    if row["error"]:
        out.print(safe(f"Error: {row['error']}"))
    if row["action"]:
        out.print(safe(f"What to do: {row['action']}"))


def _quota(used: int | None, limit: int) -> str:
    """What the vendor said when this run's round was let in: its count is of all that is integrated with it."""
    told = used or 0
    return (
        f"{told:,} of {limit:,} calls used by all integrations, {max(0, limit - told):,} left, as last told"
    )


def _followed(followed: "Round | None", row: Mapping[str, Any]) -> str:
    if followed is None:
        return "nothing yet" if row["round"] is None else "not known any more"
    others = len(followed.runs) - 1
    beside = f", for this run and {others} more" if others else ""
    return (
        f"{followed.links} links made or changed, {followed.moved} clients with a level that moved, "
        f"{followed.planned} notes planned, {followed.sent} sent{beside}"
    )


def _retries(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Cause -> how often and how long was waited, as the run's last line says."""
    for line in reversed(lines):
        if line["event"] == "finished" and line["detail"]:
            found = msgspec.json.decode(line["detail"]).get("retries") or {}
            return {cause: told for cause, told in found.items() if isinstance(told, dict)}
    return {}


def line_json(line: Mapping[str, Any]) -> dict[str, object]:
    """A line of a run's log for machines."""
    return {"at": iso(line["at"]), "level": line["level"], "event": line["event"], "detail": line["detail"]}


def _print_lines(lines: Sequence[Mapping[str, Any]]) -> None:
    for line in lines:
        out.print(
            safe(f"{moment(line['at'])} {line['level']:7} {line['event']} {line['detail'] or ''}"),
            soft_wrap=True,
        )
