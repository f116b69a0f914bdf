"""A small framework of its own and results made by hand, so that these tests do not move with the built-in rules."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from sevenc_sync.score import Area, Block, ClientResult, Indicator, IndicatorResult, Rules
from sevenc_sync.score.rollup import Subject, roll_up
from sevenc_sync.score.rules import Need
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.store.database import Store
from tests.push.noteport import Psa, emptied

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)

AREAS = {
    "continuous.backup": ("Backup Management", 1),
    "continuous.recovery": ("Disaster Recovery Planning", 2),
    "clear.reporting": ("IT Reporting", 3),
    "clear.sla": ("Service Level Agreement", 4),
}
INDICATORS: Mapping[str, Mapping[str, Any]] = {
    "continuous.backup.coverage": {
        "title": "Servers with a good recovery point",
        "fix": "Give each server a policy.",
        "gate": True,
    },
    "continuous.backup.success": {"title": "Backup runs that succeeded", "fix": "Clear up failed runs."},
    "continuous.recovery.plan": {
        "title": "Age of the recovery plan",
        "fix": "Review the plan.",
        "measure": "document",
        "unit": "days",
    },
    "clear.reporting.review": {
        "title": "Last business review",
        "fix": "Hold a review.",
        "measure": "age",
        "unit": "days",
    },
    "clear.sla.met": {"title": "Tickets answered in time", "fix": "Look at the late ones.", "weight": 3.0},
    "clear.sla.noise": {
        "title": "Alert tickets",
        "fix": "Remove the causes.",
        "measure": "count",
        "unit": "tickets",
    },
}


def _indicator(key: str, facts: Mapping[str, Any]) -> Indicator:
    return Indicator(
        id=key,
        title=facts["title"],
        rows="assets",
        measure=facts.get("measure", "share"),
        where=None,
        good=None,
        of=None,
        top=None,
        bottom=None,
        steps=(),
        parts=(),
        window=None,
        interval=None,
        at=None,
        per=None,
        period="month",
        times=1.0,
        unit=facts.get("unit", "%"),
        better="higher",
        levels=(15, 50, 85, 95, 99),
        gate=facts.get("gate", False),
        weight=facts.get("weight", 1.0),
        need=Need(1, 86_400),
        absent="zero",
        ahead=0,
        why="because",
        fix=facts["fix"],
        basis="judgement",
        sources=("psa",),
        uses=Uses(),
    )


@pytest.fixture(scope="session")
def rules() -> Rules:
    """Two blocks, four areas, six indicators."""
    return Rules(
        blocks=tuple(
            Block(slug=slug, name=name, name_status="sourced", order=order, question="?", purpose="")
            for order, (slug, name) in enumerate([("continuous", "Continuous"), ("clear", "Clear")])
        ),
        areas=tuple(
            Area(slug=slug, name=name, name_status="body", order=order, purpose="")
            for slug, (name, order) in AREAS.items()
        ),
        indicators=tuple(_indicator(key, facts) for key, facts in INDICATORS.items()),
        tags=(),
        services=(),
    )


Known = Mapping[str, tuple[float, float] | str]


@pytest.fixture(scope="session")
def result_of(rules: Rules) -> Callable[..., ClientResult]:
    """A result from {indicator: (value, level) or the reason why it is unknown}; what is not named has no evidence."""

    def make(known: Known, **more: Any) -> ClientResult:
        sample = more.get("sample", 40)
        found = []
        for item in rules.indicators:
            said = known.get(item.id, "no source delivers backups")
            value, level = (None, None) if isinstance(said, str) else said
            counted = item.measure in ("share", "count") and value is not None
            found.append(
                IndicatorResult(
                    id=item.id,
                    area=item.area,
                    title=item.title,
                    measure=item.measure,
                    unit=item.unit,
                    value=value,
                    sample=sample,
                    good=round(sample * (value or 0.0) / 100) if counted else None,
                    level=level,
                    level_without=level,
                    excepted=None,
                    reason=said if isinstance(said, str) else None,
                    is_low_sample=False,
                    is_gate=item.gate,
                    is_attested=item.is_attested,
                    weight=item.weight,
                )
            )
        subject = Subject(
            more.get("client", 1),
            more.get("name", "Acme Ltd"),
            more.get("account", 1),
            more.get("company", "10"),
        )
        return roll_up(rules, subject, more.get("at", NOW), found)

    return make


@pytest.fixture
def ready(store: Store) -> Store:
    """A store with the clients whose notes are delivered, and nothing else."""
    emptied(store)
    return store


@pytest.fixture
def psa() -> Psa:
    """A PSA in memory."""
    return Psa()
