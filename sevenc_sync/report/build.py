"""The client report: one page for the client's head, and the evidence behind it. The same store and clock give the same bytes."""

import base64
import logging
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sevenc_sync.push.choose import core_of, value_of
from sevenc_sync.report.charts import history_chart, level_class, painted, radar
from sevenc_sync.report.words import ReportWords
from sevenc_sync.score import ClientResult, PartResult, Rules, history, levels_at, read_estates
from sevenc_sync.store.clients import client_group
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import exceptions
from sevenc_sync.store.plan_items import read_plan_items

Span = Literal["quarterly", "yearly"]
_SPANS = {"quarterly": timedelta(days=91), "yearly": timedelta(days=365)}
_BEFORE = {"quarterly": "A quarter before", "yearly": "A year before"}
LARGEST_LOGO = 500_000  # bytes
_LOGOS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LONGEST_NAME = 60  # characters of a client's name in that of a file
MOVED = 0.05  # of a level: less is noise


class ReportProblem(Exception):
    """There is no report; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How reports look: the MSP's name, logo and colour (#rrggbb), and their language."""

    language: str = "en"
    name: str | None = None
    logo: Path | None = None
    colour: str = "#1f5fa8"


def report_html(store: Store, rules: Rules, result: ClientResult, look: Look, span: Span) -> str:
    """The report as one HTML document that needs no other file. Raises ReportProblem for a client without a score."""
    if result.score is None:
        raise ReportProblem(f"{result.name} has no score yet, and so no report.")
    words = ReportWords(look.language)
    since = result.at - _SPANS[span]
    with store.read() as connection:
        changes = history(connection, result.client, "client", "", limit=400, since=since)
        before = levels_at(connection, result.client, since, "client").get("")
        blocks_before = levels_at(connection, result.client, since, "block")
        risks = exceptions(connection, owners=[result.client], in_force_at=result.at)
        items = read_plan_items(connection, [result.client]).get(result.client, {})
        group = client_group(connection, result.client)
    core = core_of(result, rules, risks, items)
    (estate,) = read_estates(store, rules, result.at, [result.client])
    points = [(item.at, item.after) for item in reversed(changes)]
    if before is not None:
        points.insert(0, (since, before))
    moves = [(part, blocks_before.get(part.slug)) for part in result.blocks]
    names = [words.text(block.name) for block in rules.blocks]
    spokes = radar(names, [part.level for part in result.blocks], written=words.tenths)
    by_id = {item.id: item for item in result.indicators}
    return _template().render(
        words=words,
        own=words.own,
        look=look,
        logo=_logo(look.logo),
        client=result,
        core=core,
        before=before,
        before_words=_BEFORE[span],
        blocks=list(zip(rules.blocks, result.blocks, strict=True)),
        radar=painted(spokes, look.colour),
        trend=painted(history_chart(points, words.own("7C score")), look.colour)
        if len(points) > 1
        else Markup(""),
        better=[move for move in moves if _moved(*move) > 0],
        worse=[move for move in moves if _moved(*move) < 0],
        agreed=[step for step in core.steps if step.is_agreed],
        targets={area.slug: rules.target_of(group, area.slug) for area in rules.areas},
        sold=estate.sold,
        evidence=[(item, words.value(value_of(item))) for item in by_id.values() if item.weight > 0],
        level_class=level_class,
    )


def report_pdf(html: str, path: Path) -> None:
    """Write the report as PDF. Raises ReportProblem where WeasyPrint, or a library that it needs, is not there."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra, and heavy
    except ImportError:
        raise ReportProblem(
            "PDF needs WeasyPrint: pip install 'sevenc-sync[pdf]'. --html needs nothing."
        ) from None
    except OSError as error:
        raise ReportProblem(
            f"WeasyPrint misses a library of the system: {str(error).splitlines()[0]}. "
            "On Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. --html needs nothing."
        ) from None
    # They remark on what is no fault of the report, such as a font's unused table.
    for maker in ("weasyprint", "fontTools"):
        logging.getLogger(maker).setLevel(logging.ERROR)
    HTML(string=html).write_pdf(path)


def report_file(result: ClientResult, span: Span, kind: str) -> str:
    """The name of a client's report for its period, such as acme-ltd-12-2026-Q4.html."""
    return (_letters(result.name) or "client") + report_end(result, span, kind)


def report_end(result: ClientResult, span: Span, kind: str) -> str:
    """What that name ends with, whatever the client is called meanwhile: its number, the period and the form."""
    at: datetime = result.at
    period = f"{at:%Y}" if span == "yearly" else f"{at:%Y}-Q{(at.month + 2) // 3}"
    return f"-{result.client}-{period}.{kind}"


def _letters(name: str) -> str:
    """What every file system takes of a name: letters without their accents, digits, and dashes between words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[:LONGEST_NAME].strip("-")


def _moved(part: PartResult, before: float | None) -> int:
    if part.level is None or before is None or abs(part.level - before) < MOVED:
        return 0
    return 1 if part.level > before else -1


def _logo(path: Path | None) -> str | None:
    """The logo as an address that holds it. Raises ReportProblem for what is no small PNG or JPEG."""
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReportProblem(f"report.logo: {path} cannot be read: {error.strerror}.") from error
    kind = next((kind for begin, kind in _LOGOS.items() if data.startswith(begin)), None)
    if kind is None or len(data) > LARGEST_LOGO:
        raise ReportProblem(
            f"report.logo: {path} is no PNG or JPEG file of at most {LARGEST_LOGO // 1000} kB."
        )
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@cache
def _template() -> Template:
    found = Environment(
        loader=PackageLoader("sevenc_sync.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return found.get_template("report.html")
