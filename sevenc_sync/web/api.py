"""The JSON API under /api/v1: read only, with tokens, for Power BI, Grafana and scripts."""

import hashlib
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

from sevenc_sync import __version__
from sevenc_sync.clock import iso
from sevenc_sync.engine.streamstates import stream_rows
from sevenc_sync.score import (
    ClientResult,
    Headline,
    IndicatorResult,
    Kind,
    count_changes,
    count_levels,
    headlines,
    history,
    levels,
    load_results,
    offers,
    part_levels,
    read_estates,
)
from sevenc_sync.store.plan_items import PlanItem, read_plan_items
from sevenc_sync.store.reads import count_runs, runs
from sevenc_sync.store.users import Token, find_token
from sevenc_sync.web import apimodels as models
from sevenc_sync.web.passwords import digest
from sevenc_sync.web.site import Site, site_of

SCOPES = ("scores", "syncs")  # what a token may read: clients and their levels; runs and streams
MOST = 1000  # items of one page

_bearer = HTTPBearer(auto_error=False, description="A token from `sevenc-sync user token`.")
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Stored = TypeVar("Stored")
Shown = TypeVar("Shown")
Number = Annotated[int, InPath(ge=1, lt=2**31)]
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"model": models.Problem, "description": "No token, or one that is over"},
    403: {"model": models.Problem, "description": "The token's scope is another one"},
}
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": models.Problem, "description": "There is none"}}


def _token(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Token:
    site = site_of(request)
    if given is not None:
        with site.engine.store.read() as connection:
            found = find_token(connection, site.now(), digest(given.credentials))
        if found is not None:
            return found
    raise HTTPException(
        401, "Send a valid token as `Authorization: Bearer TOKEN`.", {"WWW-Authenticate": "Bearer"}
    )


def _scope(scope: str) -> Callable[[Token], Token]:
    def check(token: Annotated[Token, Depends(_token)]) -> Token:
        if scope not in token.scopes:
            raise HTTPException(403, f"That needs a token with the scope {scope}.")
        return token

    return check


SCORES = [Depends(_scope("scores"))]
SYNCS = [Depends(_scope("syncs"))]


class Tagged(BaseHTTPMiddleware):
    """Gives each answer an ETag, and says 304 to whoever has it already."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """One request."""
        answer = await call_next(request)
        if answer.status_code != HTTPStatus.OK or request.method not in ("GET", "HEAD"):
            return answer
        body = b"".join([chunk async for chunk in answer.body_iterator])  # type: ignore[attr-defined]  # it streams
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        asked = {
            item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")
        }
        if tag in asked or "*" in asked:
            return Response(status_code=304, headers=headers)
        kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return Response(body, 200, kept | headers)


def make_api(site: Site) -> FastAPI:
    """The API over a site."""
    api = FastAPI(
        title="sevenc-sync",
        version=__version__,
        description="Read-only. Levels are 0 to 5, scores 0 to 100, shares 0 to 1; null is unknown.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=REFUSED,
    )
    api.state.site = site
    api.add_middleware(Tagged)
    _add_clients(api)
    _add_house(api)
    return api


def _add_clients(api: FastAPI) -> None:
    @api.get("/clients", dependencies=SCORES)
    def list_clients(request: Request, limit: Limit = 200, offset: Offset = 0) -> models.Page[models.Score]:
        """All clients that were scored, by name."""
        site = site_of(request)
        with site.engine.store.read() as connection:
            found = headlines(connection, site.rules)
        return _page(found, limit, offset, lambda row: _score(site, row))

    @api.get("/scores", dependencies=SCORES)
    def list_parts(request: Request, limit: Limit = 200, offset: Offset = 0) -> models.Page[models.Level]:
        """The blocks and areas of all clients that were scored, by client: one row for each level."""
        with site_of(request).engine.store.read() as connection:
            return models.Page(
                total=count_levels(connection),
                offset=offset,
                items=[
                    models.Level(client=row.client, name=row.name, kind=row.kind, slug=row.slug, level=row.level,
                        level_without=row.level_without, proof=row.proof, provisional=row.is_provisional, cap=row.cap)
                    for row in levels(connection, limit=limit, offset=offset)
                ],
            )  # fmt: skip

    @api.get("/clients/{number}", dependencies=SCORES, responses=MISSING)
    def one_client(request: Request, number: Number) -> models.Client:
        """One client with its areas."""
        site = site_of(request)
        result = _result(site, number)
        with site.engine.store.read() as connection:
            (row,) = headlines(connection, site.rules, [number])
        areas = [
            models.Part(
                slug=part.slug,
                name=part.name,
                level=part.level,
                level_without=part.level_without,
                proof=part.proof,
                provisional=part.is_provisional,
                cap=part.cap,
            )
            for part in result.areas
        ]
        return models.Client(**_score(site, row).model_dump(), areas=areas)

    @api.get("/clients/{number}/indicators", dependencies=SCORES, responses=MISSING)
    def indicators(
        request: Request, number: Number, limit: Limit = 200, offset: Offset = 0
    ) -> models.Page[models.Indicator]:
        """The indicators behind a client's levels."""
        result = _result(site_of(request), number)

        def shown(item: IndicatorResult) -> models.Indicator:
            return models.Indicator(
                client=number,
                id=item.id,
                area=item.area,
                title=item.title,
                value=item.value,
                unit=item.unit,
                sample=item.sample,
                level=item.level,
                reason=item.reason,
            )

        return _page(result.indicators, limit, offset, shown)

    @api.get("/clients/{number}/history", dependencies=SCORES, responses=MISSING)
    def changes(
        request: Request, number: Number, slug: str = "", limit: Limit = 200, offset: Offset = 0
    ) -> models.Page[models.Change]:
        """Changes of the score, or of a block's, an area's or an indicator's level, newest first."""
        site = site_of(request)
        rules = site.rules
        _result(site, number)
        kinds: tuple[tuple[Kind, bool], ...] = (
            ("client", slug == ""),
            ("block", slug in rules.block_by_slug),
            ("area", slug in rules.area_by_slug),
        )
        kind: Kind = next((name for name, is_so in kinds if is_so), "indicator")
        if kind == "indicator" and slug not in rules.indicator_by_id:
            raise HTTPException(404, "There is no such block, area or indicator.")
        with site.engine.store.read() as connection:
            found = history(connection, number, kind, slug, limit=limit, offset=offset)
            total = count_changes(connection, number, kind, slug)
        items = [
            models.Change(at=item.at, slug=item.slug, before=item.before, after=item.after, proof=item.proof)
            for item in found
        ]
        return models.Page(total=total, offset=offset, items=items)

    @api.get("/clients/{number}/plan", dependencies=SCORES, responses=MISSING)
    def plan(
        request: Request, number: Number, limit: Limit = 200, offset: Offset = 0
    ) -> models.Page[models.PlanStep]:
        """The steps of a client's plan."""
        site = site_of(request)
        _result(site, number)
        titles = {item.id: item.title for item in site.rules.indicators}
        with site.engine.store.read() as connection:
            items = read_plan_items(connection, [number]).get(number, {})

        def shown(item: PlanItem) -> models.PlanStep:
            return models.PlanStep(
                id=item.id,
                indicator=item.indicator,
                title=titles.get(item.indicator, item.indicator),
                state=item.state,
                owner=item.owner,
                due=item.due_at,
                until=item.until,
                reason=item.reason,
                changed_at=item.changed_at,
            )

        return _page(list(items.values()), limit, offset, shown)


def _add_house(api: FastAPI) -> None:
    @api.get("/services", dependencies=SCORES)
    def services(request: Request, limit: Limit = 200, offset: Offset = 0) -> models.Page[models.Service]:
        """Which areas the MSP sells to whom, and where clients have gaps."""
        site = site_of(request)
        engine, rules = site.engine, site.rules
        with engine.store.read() as connection:
            known = part_levels(connection)
        found = offers(rules, read_estates(engine.store, rules, site.now(), things="none"), known)
        fields = models.Service.model_fields
        return _page(
            found,
            limit,
            offset,
            lambda item: models.Service(**{name: getattr(item, name) for name in fields}),
        )

    @api.get("/runs", dependencies=SYNCS)
    def list_runs(
        request: Request,
        account: str | None = None,
        stream: str | None = None,
        limit: Limit = 100,
        offset: Offset = 0,
    ) -> models.Page[models.Run]:
        """The newest runs first."""
        with site_of(request).engine.store.read() as connection:
            total = count_runs(connection, account_name=account, stream=stream)
            rows = runs(connection, limit=limit, offset=offset, account_name=account, stream=stream)
        return models.Page(total=total, offset=offset, items=[_run(row) for row in rows])

    @api.get("/streams", dependencies=SYNCS)
    def streams(request: Request, limit: Limit = 200, offset: Offset = 0) -> models.Page[models.Stream]:
        """How each stream is."""
        site = site_of(request)
        with site.engine.store.read() as connection:
            rows = stream_rows(connection, site.now())
        fields = models.Stream.model_fields
        return _page(rows, limit, offset, lambda row: models.Stream(**{name: row[name] for name in fields}))


def _page(
    found: Sequence[Stored], limit: int, offset: int, shown: Callable[[Stored], Shown]
) -> models.Page[Shown]:
    return models.Page(
        total=len(found), offset=offset, items=[shown(item) for item in found[offset : offset + limit]]
    )


def _result(site: Site, number: int) -> ClientResult:
    found: Sequence[ClientResult] = load_results(site.engine.store, site.rules, [number])
    if not found:
        raise HTTPException(404, "There is no such client, or it has not been scored yet.")
    return found[0]


def _score(site: Site, row: Headline) -> models.Score:
    slugs = [block.slug for block in site.rules.blocks]
    return models.Score(
        id=row.client,
        name=row.name,
        group=row.group,
        score=row.score,
        score_without=row.score_without,
        proof=row.proof,
        provisional=row.is_provisional,
        at=row.at,
        blocks={slug: block.level for slug, block in zip(slugs, row.blocks, strict=True)},
    )


def _run(row: dict[str, Any]) -> models.Run:
    told = dict(row) | {"run": row["id"], "account": row["account_name"]}
    told |= {name: iso(row[name]) for name in ("started_at", "finished_at")}
    return models.Run(**{name: told[name] for name in models.Run.model_fields})
