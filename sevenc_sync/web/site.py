"""What every page needs: the engine, the templates, and how numbers and vendors' texts are shown."""

import re
from datetime import datetime, time
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sevenc_sync import __version__
from sevenc_sync.clock import from_seconds, last_day
from sevenc_sync.connect.redact import redact
from sevenc_sync.engine.local import Engine
from sevenc_sync.report import charts
from sevenc_sync.score import LEVEL_NAMES, Rules
from sevenc_sync.store.users import ROLES, Session
from sevenc_sync.web.throttle import Throttle

# What a browser may obey though it is no markup: controls, direction overrides and invisible marks.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


SHORT = 12  # characters


class Site:
    """One console over one engine."""

    def __init__(self, engine: Engine, *, is_daemon: bool = False) -> None:
        self.engine = engine
        self.is_daemon = is_daemon
        self.throttle = Throttle()

    def now(self) -> datetime:
        """The moment, by the engine's clock."""
        return self.engine.clock()

    @property
    def rules(self) -> Rules:
        """The rules of now."""
        return self.engine.rules

    @cached_property
    def templates(self) -> Environment:
        """The pages. Every value is escaped, and masked where it holds a secret."""
        found = Environment(
            loader=PackageLoader("sevenc_sync.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        found.globals.update(
            radar=charts.radar,
            spark=charts.spark,
            bar=charts.bar,
            history_chart=charts.history_chart,
            level_names=LEVEL_NAMES,
            version=__version__,
        )
        found.filters.update(
            level=level,
            lc=charts.level_class,
            day=day,
            moment=moment,
            at=at,
            percent=percent,
            lastday=last_day,
            cell=cell,
            number=number,
            part=lambda text: quote(str(text), safe=""),
        )
        return found

    def page(
        self, name: str, session: Session | None, /, *, status: int = 200, said: str = "", **context: Any
    ) -> HTMLResponse:
        """A page. `said` is what the last step did, or why it was refused."""
        template = self.templates.get_template(name)
        text = template.render(
            session=session,
            csrf="" if session is None else session.csrf,
            may=_may(session),
            said=said,
            here=name.removesuffix(".html"),
            **context,
        )
        return HTMLResponse(text, status)


def site_of(request: Request) -> Site:
    """The console that the request is for."""
    found = request.app.state.site
    if not isinstance(found, Site):
        raise TypeError("an app without a site")
    return found


def _may(session: Session | None) -> dict[str, bool]:
    return {role: session is not None and session.user.may(role) for role in ROLES}


def _shown(value: Any) -> Any:
    if isinstance(value, Markup) or not isinstance(value, str):
        return "" if value is None else value
    return _short(value) if len(value) <= SHORT else _masked(value)


def _masked(text: str) -> str:
    return redact(_UNSHOWABLE.sub("", text))


@lru_cache(4096)
def _short(text: str) -> str:
    """The same of a level, a unit or a class, of which a page has thousands; too short to be a secret that is kept here."""
    return _masked(text)


def level(value: float | None, digits: int = 1) -> str:
    """A level or a score; a question mark where it is not known."""
    return "?" if value is None else f"{value:.{digits}f}"


def number(value: float) -> str:
    """A number as precisely as people read it: a hundredth below ten, else a tenth, and no zeros at the end."""
    digits = 2 if abs(value) < 10 else 1  # noqa: PLR2004 - the one line that knows it
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """A share of 0 to 1."""
    return "?" if share is None else f"{100 * share:.0f} %"


def day(value: datetime | None) -> str:
    """A day, in UTC."""
    return "-" if value is None else f"{value:%Y-%m-%d}"


def moment(value: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M}"


def at(seconds: int | str | None) -> str:
    """A store time, or one for machines, to the second in UTC."""
    if seconds is None:
        return "-"
    if isinstance(seconds, str):
        return seconds.removesuffix("Z").replace("T", " ")
    return f"{from_seconds(seconds):%Y-%m-%d %H:%M:%S}"


def cell(value: object) -> str:
    """A record's field."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time(0) else f"{value:%Y-%m-%d %H:%M}"
    return "-" if value is None else str(value)
