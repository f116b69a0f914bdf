"""Accounts, streams and runs; the log of a run while it goes on; and what is in quarantine."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import structlog
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from sevenc_sync.connect.redact import redact
from sevenc_sync.engine.local import UnknownTarget
from sevenc_sync.engine.streamstates import stream_rows
from sevenc_sync.store.accounts import account_names
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.quarantine import held
from sevenc_sync.store.reads import quarantine_of_run, quotas, run_lines, run_row, runs
from sevenc_sync.store.rounds import read_round
from sevenc_sync.store.service import who_works
from sevenc_sync.store.workers import living_workers
from sevenc_sync.web.guard import Form, Operator, Viewer
from sevenc_sync.web.site import Site, site_of

NEWEST = 40  # runs listed
LOOK_SECONDS = 0.5  # how often a running run's log is looked at
LONGEST_NUMBER = 18  # digits that a database takes
LONGEST_SECONDS = 3600  # then the browser asks anew

log = structlog.get_logger("web")
routes = APIRouter()


@routes.get("/syncs")
def syncs(
    request: Request,
    session: Viewer,
    account: str = "",
    stream: str = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = NEWEST,
) -> Response:
    """All streams, the newest runs, and what is in quarantine."""
    site = site_of(request)
    with site.engine.store.read() as connection:
        names = account_names(connection)
        rows = stream_rows(connection, site.now())
        told = runs(connection, limit=limit, account_name=account or None, stream=stream or None)
        return site.page(
            "syncs.html",
            session,
            streams=rows,
            accounts=list(dict.fromkeys(row["account"] for row in rows)),
            runs=told,
            quotas=quotas(connection),
            held=[{**row, "account": names.get(int(str(row["account"])))} for row in held(connection)],
            daemon=who_works(connection),
            workers=living_workers(connection),
            only=(account, stream),
            now=site.now(),
        )


@routes.post("/syncs/read")
def read_now(request: Request, session: Operator, form: Form) -> Response:
    """Read an account or a stream now, in the background; with `full` all of it, which tries what is in quarantine again."""
    site = site_of(request)
    target, is_full = form.get("target", ""), bool(form.get("full"))
    account, _, stream = target.partition("/")
    known = {item.name: {one.name for one in item.connector.streams} for item in site.engine.accounts}
    if account not in known or (stream and stream not in known[account]):
        raise HTTPException(404, "There is no such account or stream in the configuration.")
    with site.engine.store.write() as connection:
        detail = {"full": is_full}
        write_audit(connection, site.now(), session.user.name, "sync", target, detail=detail)
    threading.Thread(
        target=_read, args=(site, target, is_full), name=f"console reads {target}", daemon=True
    ).start()
    return RedirectResponse("/syncs", 303)


def _read(site: Site, target: str, is_full: bool) -> None:
    try:
        site.engine.sync(trigger="console", targets=[target], full=is_full)
        site.engine.match()
    except UnknownTarget as error:
        log.warning("not read", target=target, reason=str(error))
    except Exception:  # nobody stands above a thread to say what broke it
        log.exception("a reading that the console began failed", target=target)


@routes.get("/syncs/runs/{number}")
def one_run(request: Request, session: Viewer, number: int) -> Response:
    """A run: its counters, its log and its quarantined records."""
    site = site_of(request)
    with site.engine.store.read() as connection:
        row = run_row(connection, number) if 0 < number < 2**63 else None
        if row is None:
            raise HTTPException(404, "There is no such run.")
        return site.page(
            "run.html",
            session,
            run=row,
            lines=run_lines(connection, number),
            bad=quarantine_of_run(connection, number),
            followed=read_round(connection, row["round"]),
        )


@routes.get("/syncs/runs/{number}/live")
async def live(request: Request, session: Viewer, number: int, after: int = 0) -> Response:  # noqa: ARG001 - it is checked
    """The run's log as server-sent events, until the run ends."""
    site = site_of(request)
    seen = request.headers.get("last-event-id", "")
    start = int(seen) if seen.isdecimal() and len(seen) <= LONGEST_NUMBER else max(0, after)
    return StreamingResponse(
        _events(site, number, start), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(site: Site, number: int, last: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_SECONDS
    while not site.engine.stop.is_set() and loop.time() < until:
        state, lines = await run_in_threadpool(_news, site, number, last)
        for line in lines:
            last = line["id"]
            yield _event("line", {key: line[key] for key in ("id", "at", "level", "event", "detail")}, last)
        if state != "running":
            yield _event("end", {"state": state}, last)
            return
        await asyncio.sleep(LOOK_SECONDS)


def _news(site: Site, number: int, last: int) -> tuple[str | None, list[dict[str, Any]]]:
    with site.engine.store.read() as connection:
        row = run_row(connection, number)
        return (None if row is None else str(row["state"])), run_lines(connection, number, last)


def _event(kind: str, data: dict[str, Any], number: int) -> str:
    plain = msgspec.json.encode(data, enc_hook=str).decode()
    return f"id: {number}\nevent: {kind}\ndata: {redact(plain)}\n\n"
