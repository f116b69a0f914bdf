"""Made-up notes of every kind, on which a template is tried before it is used."""

from datetime import date
from pathlib import Path

import msgspec

from sevenc_sync.push.content import (
    Block,
    Core,
    Gap,
    Goal,
    Move,
    Note,
    Reason,
    Risk,
    Source,
    Step,
    Value,
    Way,
)
from sevenc_sync.push.template import TemplateBroken, render

_DAY = date(2026, 11, 22)
_REASON = Reason(
    area="Backup Management",
    title="Servers with a good recovery point",
    why="A server without a recovery point is lost when it fails.",
    value=Value("percent", 42.0),
    to_fix=25,
    example="SRV-01",
)
_STEP = Step(
    item="7C-4F2A",
    indicator="continuous.backup-management.protected-coverage",
    area="Backup Management",
    title="Servers with a good recovery point",
    value=Value("percent", 42.0),
    to_fix=25,
    level=1,
    why="A server without a recovery point is lost when it fails.",
    fix="Give each server a backup.",
    owner="Anna",
    due=date(2026, 12, 1),
    is_agreed=True,
    example="SRV-01",
)
_FULL = Core(
    client="Acme Ltd",
    score=46,
    score_without=38,
    proof=83,
    known=5,
    total=6,
    is_provisional=False,
    blocks=(
        Block(slug="continuous", name="Continuous", level=2, is_provisional=False),
        Block(slug="clear", name="Clear", level=3, is_provisional=True),
        Block(slug="charge", name="Charge", level=None, is_provisional=False),
        Block(slug="competent", name="Competent", level=1, is_provisional=False),
    ),
    steps=(
        _STEP,
        msgspec.structs.replace(
            _STEP,
            item=None,
            value=Value("never"),
            to_fix=None,
            owner=None,
            due=None,
            is_agreed=False,
            example=None,
        ),
    ),
    gaps=(
        Gap(areas=("IT Strategy", "IT Budget", "IT Reporting", "Policies"), kind="no-source", need="backups"),
    ),
    more_gaps=2,
    risks=(
        Risk(
            area="Procurement", title=None, records=0, reason="The parent buys", until=_DAY, is_left_out=True
        ),
        Risk(area="Backup", title="Age", records=3, reason="To be replaced", until=_DAY, is_left_out=False),
    ),
    more_risks=1,
)
FULL = Note(
    core=_FULL,
    day=_DAY,
    before_score=50,
    before_day=date(2026, 10, 22),
    moves=(
        Move(slug="continuous", name="Continuous", before=3, after=2, direction="down", reason=_REASON),
        Move(slug="clear", name="Clear", before=2, after=3, direction="up", reason=_REASON),
        Move(slug="charge", name="Charge", before=2, after=None, direction="unknown", reason=None),
        Move(slug="competent", name="Competent", before=None, after=1, direction="known", reason=None),
    ),
    causes=(_REASON,),
    ways=(
        Way(
            name="Continuous",
            level=3,
            is_back=True,
            goals=(Goal(area="Backup", title="Servers", value=Value("percent", 85.0), rows=12),),
            more=1,
        ),
    ),
    sources=(Source("psa", 0), Source("backup", 3), Source("rmm", None)),
)
FIRST = Note(
    core=msgspec.structs.replace(
        _FULL,
        score_without=None,
        is_provisional=True,
        steps=(),
        gaps=(),
        more_gaps=0,
        risks=(),
        more_risks=0,
    ),
    day=_DAY,
)


def try_template(path: Path) -> TemplateBroken | None:
    """What is wrong with a template; None: every sample can be written with it."""
    for sample in (FULL, FIRST):
        try:
            render(sample, "en", path)
        except TemplateBroken as error:
            return error
    return None
