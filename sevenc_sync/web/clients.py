"""The portfolio, one client, and why: from any number down to the records."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from sevenc_sync.engine.judge import feeds_of
from sevenc_sync.engine.links import address_of, links_of
from sevenc_sync.push import TemplateBroken
from sevenc_sync.registry import connectors
from sevenc_sync.score import (
    ClientResult,
    EvidenceRow,
    Headline,
    balances,
    explain,
    find_target,
    headlines,
    history,
    load_results,
    names_of,
    read_duties,
    read_estates,
    read_peers,
    read_plan,
    score_lines,
    standing,
)
from sevenc_sync.score.fields import fields_of
from sevenc_sync.store.attestations import attestations
from sevenc_sync.store.clients import client_group
from sevenc_sync.store.exceptions import exceptions
from sevenc_sync.store.reads import last_scored_at
from sevenc_sync.web.guard import Viewer
from sevenc_sync.web.site import Site, site_of

PAGE = 100  # clients on one page of the portfolio
TREND = timedelta(days=180)
HISTORY = 400  # changes that the chart draws
CHANGES = 15  # changes listed
RECORDS = 50  # records of each list of Why, unless more are asked for
MOST_RECORDS = 5000

routes = APIRouter()


@routes.get("/")
def portfolio(
    request: Request,
    session: Viewer,
    q: str = "",
    group: str = "",
    sort: str = "score",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """All clients: the heat map."""
    site = site_of(request)
    rules = site.rules
    with site.engine.store.read() as connection:
        # Blocks are read of those that are shown, unless they say which these are.
        by_block = sort.removeprefix("-") in rules.block_by_slug
        every = headlines(connection, rules, has_blocks=by_block)
        wanted = q.strip().casefold()
        found = [row for row in every if wanted in row.name.casefold() and group in ("", row.group or "-")]
        found = _sorted(found, sort, [block.slug for block in rules.blocks])
        shown = found[(page - 1) * PAGE : page * PAGE]
        if not by_block:
            whole = {row.client: row for row in headlines(connection, rules, [row.client for row in shown])}
            shown = [whole[row.client] for row in shown]
        lines = score_lines(connection, [row.client for row in shown], site.now() - TREND)
        at = last_scored_at(connection)
    known = [row.score for row in every if row.score is not None]
    return site.page(
        "portfolio.html",
        session,
        rows=shown,
        lines=lines,
        blocks=rules.blocks,
        groups=sorted({row.group or "-" for row in every}),
        q=q,
        group=group,
        sort=sort,
        page=page,
        pages=-(-len(found) // PAGE),
        found=len(found),
        total=len(every),
        mean=sum(known) / len(known) if known else None,
        provisional=sum(row.is_provisional for row in every),
        at=at,
    )


def _sorted(rows: Sequence[Headline], by: str, slugs: Sequence[str]) -> list[Headline]:
    """By name, score, proof, or a block's slug; a leading - turns it round. What is unknown comes last."""
    down, key = by.startswith("-"), by.removeprefix("-")

    def value(row: Headline) -> float | None:
        if key == "proof":
            return row.proof
        return row.blocks[slugs.index(key)].level if key in slugs else row.score

    if key == "name":
        return sorted(rows, key=lambda row: (row.name.casefold(), row.client), reverse=down)
    known = [row for row in rows if value(row) is not None]
    known.sort(key=lambda row: (value(row) or 0.0, row.name), reverse=not down)
    return known + [row for row in rows if value(row) is None]


def result_of(site: Site, number: int) -> ClientResult:
    """A client's stored result. Raises HTTPException where there is none."""
    found = load_results(site.engine.store, site.rules, [number]) if 0 < number < 2**31 else []
    if not found:
        raise HTTPException(404, "There is no such client, or it has not been scored yet.")
    return found[0]


@routes.get("/clients/{number}")
def client(request: Request, session: Viewer, number: int) -> Response:
    """All about one client."""
    return client_page(site_of(request), session, number)


def client_page(site: Site, session: Viewer, number: int, *, said: str = "", status: int = 200) -> Response:
    """The client's page; `said` is what a form's refusal says."""
    engine, rules = site.engine, site.rules
    result = result_of(site, number)
    with engine.store.read() as connection:
        at = last_scored_at(connection) or result.at
        group = client_group(connection, number)
        changes = history(connection, number, "client", "", limit=HISTORY)
        told = attestations(connection, owner=number, in_force_at=site.now())
        risks = exceptions(connection, owners=[number], in_force_at=site.now())
    plan = read_plan(engine.store, rules, at, feeds_of(engine.accounts), result, limit=3)
    (estate,) = read_estates(engine.store, rules, at, [number])
    targets = {area.slug: rules.target_of(group, area.slug) for area in rules.areas}
    try:
        note = engine.pushing.preview(result) if result.score is not None else None
        broken = ""
    except TemplateBroken as error:
        note, broken = None, str(error)
    shown = [row for area in plan.areas for step in area.steps for row in step.explained.to_fix]
    with engine.store.read() as connection:
        called = _names(connection, shown)
    return site.page(
        "client.html",
        session,
        status=status,
        said=said,
        client=result,
        at=at,
        group=group,
        blocks=rules.blocks,
        areas={
            block.slug: [p for p in result.areas if p.slug.startswith(f"{block.slug}.")]
            for block in rules.blocks
        },
        targets=targets,
        block_targets=[_block_targets(targets).get(block.slug) for block in rules.blocks],
        changes=changes[:CHANGES],
        points=[(item.at, item.after) for item in reversed(changes)],
        plan=plan,
        links=links_of(engine.config, connectors()),
        address_of=address_of,
        estate=estate,
        sold=estate.sold,
        duties=read_duties(engine.store, rules, at, estate),
        bills=balances(estate),
        attested=told,
        risks=risks,
        fields=list(fields_of(rules).values()),
        indicators=rules.indicators,
        note=note,
        broken=broken,
        standing=standing(read_peers(engine.store), number),
        called=called,
    )


def _names(connection: Connection, rows: Iterable[EvidenceRow]) -> dict[tuple[str, str], str]:
    """What people call each record, by its account and id: by its own name, or that of the record that it is about."""
    rows = list(rows)
    pointed = names_of(connection, rows)
    found = {}
    for row in rows:
        fields = row.fields
        about = next(
            (pointed[key] for value in fields.values() if (key := (row.account, str(value))) in pointed), None
        )
        found[row.account, row.id] = str(about or fields.get("name") or fields.get("summary") or row.id)
    return found


def _block_targets(targets: dict[str, float]) -> dict[str, float]:
    """The mean target of each block's areas."""
    found: dict[str, list[float]] = {}
    for slug, target in targets.items():
        found.setdefault(slug.partition(".")[0], []).append(target)
    return {slug: sum(values) / len(values) for slug, values in found.items()}


@routes.get("/clients/{number}/why/{target}")
def why(
    request: Request,
    session: Viewer,
    number: int,
    target: str,
    records: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = RECORDS,
) -> Response:
    """An area or an indicator, down to the records."""
    site = site_of(request)
    engine, rules = site.engine, site.rules
    result = result_of(site, number)
    ids = find_target(rules, target).ids
    if not ids:
        raise HTTPException(404, "There is no such block, area or indicator.")
    with engine.store.read() as connection:
        at = last_scored_at(connection) or result.at
        group = client_group(connection, number)
    explained = [
        item
        for name in ids
        for item in explain(engine.store, rules, at, feeds_of(engine.accounts), number, name, limit=records)
    ]
    with engine.store.read() as connection:
        pointed = names_of(connection, [row for item in explained for row in (*item.rows, *item.to_fix)])
    return site.page(
        "why.html",
        session,
        client=result,
        target=target,
        heading=_heading(site, ids),
        at=at,
        names=pointed,
        areas=[(part, rules.target_of(group, part.slug)) for part in result.areas if part.slug in ids],
        explained=explained,
        rule_texts={item.result.id: _rule_text(site, item.result.id) for item in explained},
        links=links_of(engine.config, connectors()),
        address_of=address_of,
        records=records,
        more=min(MOST_RECORDS, records * 10),
    )


def _heading(site: Site, ids: Sequence[str]) -> str:
    """What is asked about, in words."""
    rules = site.rules
    areas, indicators = rules.area_by_slug, rules.indicator_by_id
    if len(ids) == 1:
        return areas[ids[0]].name if ids[0] in areas else indicators[ids[0]].title
    block = rules.block_by_slug.get(ids[0].partition(".")[0])
    return f"{len(ids)} areas" if block is None else block.name


def _rule_text(site: Site, name: str) -> dict[str, str]:
    """A rule's own expressions, as its file has them."""
    indicator = site.rules.indicator_by_id[name]
    found = {"rows": indicator.rows, "measure": indicator.measure}
    return found | {key: text for key, text in indicator.expressions().items() if text}
