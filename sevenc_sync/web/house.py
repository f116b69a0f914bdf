"""The MSP's own pages: matching, coverage, rules, the outbox, the audit log, and which services to build next."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, get_args

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from sevenc_sync.engine.judge import feeds_of
from sevenc_sync.engine.rulefiles import rule_directories
from sevenc_sync.engine.said import Unfit, end_of_day, one_line
from sevenc_sync.match import asked, waiting
from sevenc_sync.push import field_values, ticket_text
from sevenc_sync.score import (
    Offer,
    RulesInvalid,
    balances,
    coverage,
    differing,
    line_to_paste,
    load_book,
    moves,
    offers,
    part_levels,
    read_estates,
    rule_changes,
    target_moves,
    to_build,
)
from sevenc_sync.store.accounts import account_names
from sevenc_sync.store.audit import read_audit
from sevenc_sync.store.clients import ClientRow, client_names, clients
from sevenc_sync.store.decided import NewDecision, Verdict, decide, decisions
from sevenc_sync.store.outbox import OutboxRow, count_waiting, waiting_rows
from sevenc_sync.store.pushes import approve, end_hold, keep_plan, open_hold, plan_of, put_off, take_up
from sevenc_sync.store.users import Session
from sevenc_sync.web.guard import Form, Manager, Operator, Viewer
from sevenc_sync.web.site import Site, site_of

WAITING = 40  # rows of the outbox with their texts, and questions, on one page
WRONG = 100  # differences between paid and delivered, unless all are asked for
SENT = 60  # entries of what was sent
LONGEST_NUMBER = 18  # digits that a database takes
PUT_OFF = timedelta(days=30)
VERDICTS = ("link", "never", "ignore", "client")

routes = APIRouter()
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@routes.get("/matching")
def matching(request: Request, session: Viewer, page: PageNumber = 1) -> Response:
    """Companies whose client is not known."""
    return _matching(site_of(request), session, page)


def _matching(site: Site, session: Session, page: int = 1, *, said: str = "", status: int = 200) -> Response:
    with site.engine.store.read() as connection:
        found = waiting(connection)
        return site.page(
            "matching.html",
            session,
            status=status,
            said=said,
            questions=asked(connection, found[(page - 1) * WAITING : page * WAITING]),
            total=len(found),
            page=page,
            pages=-(-len(found) // WAITING),
            master=site.engine.config.master,
            clients=[row for row in clients(connection) if row.is_active] if found else [],
            decided=decisions(connection, in_force=True)[:30],
        )


@routes.post("/matching")
def match(request: Request, session: Operator, form: Form) -> Response:
    """Say whose company it is, or that it is nobody's; the client is scored anew."""
    site = site_of(request)
    try:
        owner = _decide(site, session, form)
    except Unfit as error:
        return _matching(site, session, said=str(error), status=422)
    site.engine.match()
    if form["verdict"] == "client":
        owner = _owner_of(site, form)
    if owner is not None:
        site.engine.score(site.now(), [owner])
    return RedirectResponse("/matching", 303)


def _decide(site: Site, session: Session, form: dict[str, str]) -> int | None:
    verdict, company, chosen = form.get("verdict", ""), form.get("company", ""), form.get("client", "")
    if verdict not in VERDICTS or verdict not in get_args(Verdict):
        raise Unfit("Say what the company is.")
    with site.engine.store.write() as connection:
        names = {name: number for number, name in account_names(connection).items()}
        account = names.get(form.get("account", ""))
        if account is None or not any(
            (item.line.number, item.line.company) == (account, company) for item in waiting(connection)
        ):
            raise Unfit("That company does not wait any more.")
        owner = _chosen(clients(connection), chosen)
        if verdict in ("link", "never") and owner is None:
            raise Unfit("Choose a client.")
        if verdict == "client" and form.get("account") != site.engine.config.master:
            raise Unfit("Only companies of the master PSA become clients; say whose company it is.")
        made = NewDecision(
            verdict=verdict,  # type: ignore[arg-type]  # it is one of them
            account=account,
            record=company,
            client=owner.id if owner is not None and verdict in ("link", "never") else None,
            by=session.user.name,
            note=one_line(form["note"], "The note") if form.get("note") else None,
        )
        decide(connection, site.now(), made)
        return made.client


def _chosen(known: Sequence[ClientRow], text: str) -> ClientRow | None:
    """The client that a person chose: by `NAME #NUMBER` as the list has it, by the number, or by a name that only one has."""
    number = text.rpartition("#")[2]
    found = [row for row in known if str(row.id) == number]
    if not found:
        found = [row for row in known if row.name.casefold() == text.casefold()]
    return found[0] if len(found) == 1 else None


def _owner_of(site: Site, form: dict[str, str]) -> int | None:
    """The client that matching has just made of a company."""
    with site.engine.store.read() as connection:
        names = account_names(connection)
        mine = [row for row in clients(connection) if names.get(row.account) == form.get("account")]
    return next((row.id for row in mine if row.company == form.get("company")), None)


@routes.get("/coverage")
def coverage_page(request: Request, session: Viewer) -> Response:
    """What the rules see, and the lines to paste for what they do not."""
    site = site_of(request)
    engine = site.engine
    found = coverage(engine.store, site.rules, site.now(), limit=20)
    return site.page("coverage.html", session, found=found, line_to_paste=line_to_paste)


@routes.get("/rules")
def rules_page(request: Request, session: Viewer, draft: str = "") -> Response:
    """The rules in force, and what a draft would move before it counts."""
    site = site_of(request)
    engine = site.engine
    drafts = _drafts(site)
    rules = site.rules
    if draft and draft not in drafts:
        raise HTTPException(404, "There is no such draft.")
    found, changes, mistakes, targets = [], [], [], []
    if draft:
        directories = rule_directories(engine.config)
        before = engine.rule_files.book
        try:
            after = load_book([*directories, drafts[draft]], at_once=(drafts[draft],))
        except RulesInvalid as error:
            mistakes = [str(mistake) for mistake in error.mistakes]
        else:
            with engine.store.read() as connection:
                found = list(moves(connection, before, after, [site.now()], feeds_of(engine.accounts)))
                targets = target_moves(connection, before.at(site.now()), after.at(site.now()))
            changes = rule_changes(before.at(site.now()), after.at(site.now()))
    return site.page(
        "rules.html",
        session,
        rules=rules,
        draft=draft,
        drafts=sorted(drafts),
        changes=changes,
        moves=sorted(found, key=lambda item: (item.name, item.slug)),
        targets=targets,
        mistakes=mistakes,
    )


def _drafts(site: Site) -> dict[str, Path]:
    """The directories with rules that do not count yet, by name."""
    told = site.engine.config.settings.rules.drafts
    if told is None:
        return {}
    folder = site.engine.config.path.parent / told
    return {item.name: item for item in folder.iterdir() if item.is_dir()} if folder.is_dir() else {}


@routes.get("/outbox")
def outbox(request: Request, session: Viewer, page: PageNumber = 1) -> Response:
    """What waits to be written into the PSA, with its whole text, and what was written."""
    return _outbox(site_of(request), session, page)


def _outbox(site: Site, session: Session, page: int = 1, *, said: str = "", status: int = 200) -> Response:
    engine = site.engine
    skipped = (page - 1) * WAITING
    with engine.store.read() as connection:
        shown = waiting_rows(connection, limit=WAITING, offset=skipped)
    # Texts are written for those who look at them: of a thousand notes that takes a while.
    broken = engine.pushing.prepare({row.client for row in shown})
    with engine.store.read() as connection:
        rows = waiting_rows(connection, limit=WAITING, offset=skipped)
        total = count_waiting(connection)
        return site.page(
            "outbox.html",
            session,
            status=status,
            said=said,
            rows=[(row, _text(row)) for row in rows],
            total=total,
            page=page,
            pages=-(-total // WAITING),
            broken=broken,
            mode=engine.config.settings.push.mode,
            hold=open_hold(connection),
            names=client_names(connection),
            accounts=account_names(connection),
            log=read_audit(connection, limit=SENT, beginning="push-"),
            now=site.now(),
        )


def _text(row: OutboxRow) -> str:
    """What it says, for people."""
    if not row.text or row.kind == "note":
        return row.text
    if row.kind == "fields":
        values = field_values(row.text)
        return f"score {values.score}, proof {values.proof} %, as of {values.day}"
    draft = ticket_text(row.text)
    return f"{draft.title}\n{draft.text}"


@routes.post("/outbox")
def outbox_step(request: Request, session: Manager, form: Form) -> Response:
    """Approve what was shown and send it, put it off, or let go what the brake held."""
    site = site_of(request)
    action = form.get("action", "")
    steps = {"hold": _hold, "release": _release, "approve": _approve}
    try:
        if action not in steps:
            return _outbox(site, session, said="Say what becomes of it.", status=422)
        said = steps[action](site, form, session.user.name)
    except Unfit as error:
        return _outbox(site, session, said=str(error), status=422)
    return _outbox(site, session, said=said)


def _hold(site: Site, form: dict[str, str], who: str) -> str:
    """Send it not before a month has gone by."""
    now = site.now()
    until = end_of_day(f"{now + PUT_OFF:%Y-%m-%d}", now)
    with site.engine.store.write() as connection:
        if put_off(connection, _number(form), who, until, now) is None:
            raise Unfit("That does not wait any more.")
    return "Held for 30 days, or until it is approved."


def _release(site: Site, form: dict[str, str], who: str) -> str:
    """Let go what the brake held."""
    why = one_line(form.get("reason", ""), "The reason")
    with site.engine.store.write() as connection:
        if end_hold(connection, who, why, site.now()) is None:
            raise Unfit("The brake holds nothing.")
    return "The brake lets go what it held; approve what is to be sent."


def _approve(site: Site, form: dict[str, str], who: str) -> str:
    """Approve exactly the text that was shown, and send it; gives what became of it."""
    engine = site.engine
    if engine.config.settings.push.mode == "off":
        raise Unfit("push.mode is off: nothing is written into a PSA.")
    with engine.store.write() as connection:
        wanted = [row for row in waiting_rows(connection) if row.id == _number(form) and row.text]
        if not wanted or wanted[0].fingerprint != form.get("print"):
            raise Unfit("That has changed since it was shown; look at it again.")
        plan = plan_of(wanted)
        keep_plan(connection, plan, site.now())
        take_up(connection, wanted[0].id)
        approve(connection, plan.hash, who, site.now())
    return engine.deliver("console", [wanted[0].id]).sentence()


def _number(form: dict[str, str]) -> int:
    text = form.get("row", "")
    if not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise Unfit("That does not wait any more.")
    return int(text)


@routes.get("/audit")
def audit(
    request: Request,
    session: Viewer,
    client: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 200,
) -> Response:
    """Who changed what, and when."""
    site = site_of(request)
    with site.engine.store.read() as connection:
        return site.page(
            "audit.html",
            session,
            rows=read_audit(connection, limit=limit, client=client),
            names=client_names(connection),
            client=client,
            limit=limit,
        )


@routes.get("/msp")
def msp(request: Request, session: Viewer, *, every: bool = False) -> Response:
    """Which services to build next, paid and delivered, and how the levels are spread."""
    site = site_of(request)
    engine, rules = site.engine, site.rules
    estates = read_estates(engine.store, rules, site.now(), things="numbers")
    with engine.store.read() as connection:
        levels = part_levels(connection)
    found: list[Offer] = offers(rules, estates, levels)
    spread = [Counter(_whole(mine.get(block.slug)) for mine in levels.values()) for block in rules.blocks]
    wrong = [(estate, item) for estate in estates for item in differing(balances(estate))]
    return site.page(
        "msp.html",
        session,
        offers=found,
        build=to_build(found),
        wrong=wrong if every else wrong[:WRONG],
        differences=len(wrong),
        blocks=list(zip(rules.blocks, spread, strict=True)),
        blocknames={block.slug: block.name for block in rules.blocks},
        clients=len(levels),
    )


def _whole(level: float | None) -> str:
    return "u" if level is None else str(int(level))
