"""Tickets: drawn for each client and day of the grid, so that a later `now` adds and closes and never renumbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sevenc_sync.sandbox.world.entities import (
    Contract,
    Machine,
    Member,
    Organisation,
    Profile,
    Ticket,
    TicketKind,
)
from sevenc_sync.sandbox.world.seeds import at, clamp, day_index, day_of, dice, poisson

DAYS_PER_MONTH = 30.4
IDS_PER_DAY, IDS_PER_CLIENT = 4000, 10
WEEKDAY_LOAD, WEEKEND_LOAD = 1.32, 0.2
SATURDAY = 5
GOALS = {"Critical": (1, 4), "High": (2, 8), "Medium": (4, 24), "Low": (8, 72)}
"""Priority to (hours to the first answer, hours to the solution) that the MSP promises."""

WORDS: dict[TicketKind, tuple[tuple[str, str, str], ...]] = {
    # type, sub-type, summary; the machine's name goes where {0} stands
    "incident": (
        ("Incident", "Email", "Outlook keeps asking for password"),
        ("Incident", "Printing", "Cannot print to front desk printer"),
        ("Incident", "Network", "Internet very slow since this morning"),
        ("Incident", "Workstation", "{0} freezes after log-on"),
        ("Incident", "Application", "Accounting software will not open"),
        ("Incident", "Password", "Locked out of account"),
        ("Incident", "Workstation", "Blue screen on {0}"),
        ("Incident", "Network", "VPN drops every few minutes"),
    ),
    "question": (("Question", "How-To", "How do I share a calendar?"),
    ("Question", "How-To", "Where do we store scanned documents?"),
                 ("Question", "How-To", "How to use Teams for an outside meeting")),
    "request": (("Service Request", "New User", "New starter next Monday"),
    ("Service Request", "Software", "Install PDF editor on {0}"),
                ("Service Request", "Move/Add/Change", "Move desk phone to room 4"),
                ("Service Request", "User Departure", "Remove account of leaver")),
    "alert": (("Monitoring Alert", "Disk Space", "{0}: disk C: below 10 % free"),
    ("Monitoring Alert", "Offline", "{0}: device not seen for 30 minutes"),
              ("Monitoring Alert", "Backup", "{0}: backup failed"),
              ("Monitoring Alert", "Service", "{0}: service Spooler stopped"),
              ("Monitoring Alert", "Antivirus", "{0}: definitions out of date")),
    "maintenance": (("Preventive Maintenance", "Patching", "Monthly patch window {0}"),
    ("Preventive Maintenance", "Server Check", "Server health check {0}"),
                    ("Preventive Maintenance", "Backup Test", "Restore test of {0}"),
                    ("Review", "Business Review", "Quarterly business review"),
                    ("Review", "Security Review", "Review of firewall rules"),
                    ("Training", "User Training", "Lunch-and-learn: phishing")),
    "project": (("Project Request", "Quote", "Quote for new meeting room screen"),
    ("Project Request", "Onboarding", "Set up branch office network")),
}  # fmt: skip
USER_SOURCES = ("Phone", "Email", "Email", "Portal")
RAISED_BY_USER: tuple[TicketKind, ...] = ("incident", "question", "request", "project")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is the same for all tickets of one client."""

    seed: int
    client: Organisation
    profile: Profile
    machines: Sequence[Machine]
    contract: Contract | None
    members: Sequence[Member]
    anchor: datetime
    now: datetime


def make_tickets(scene: Scene, first: datetime) -> Iterator[Ticket]:
    """The client's tickets that exist at `scene.now`, oldest first."""
    rates = _rates(
        scene.profile, len([m for m in scene.machines if m.kind in {"server", "workstation", "laptop"}])
    )
    anchor_day = day_index(scene.anchor.date())
    drift = 0.5 - scene.profile.blocks["cost-effective"]
    computers = [m for m in scene.machines if m.active and m.kind in {"server", "workstation", "laptop"}]
    for index in range(day_index(first.date()), day_index(scene.now.date()) + 1):
        day = day_of(index)
        load = WEEKEND_LOAD if day.weekday() >= SATURDAY else WEEKDAY_LOAD
        load *= 1 + 0.5 * drift * clamp((index - anchor_day) / 365, -1.1, 1) + 0.25 * drift
        chance = dice(scene.seed, "tickets", scene.client.index, index)
        number = 0
        for kind, rate in rates:
            for _ in range(poisson(chance, rate * load, 4)):
                if number >= IDS_PER_CLIENT:
                    break
                ticket_id = index * IDS_PER_DAY + scene.client.index * IDS_PER_CLIENT + number
                number += 1
                ticket = _ticket(scene, kind, ticket_id, index, chance.choice(computers))
                if ticket.created <= scene.now:
                    yield ticket


def _rates(profile: Profile, endpoints: int) -> list[tuple[TicketKind, float]]:
    """Tickets a day of each kind."""
    charge, competent = profile.blocks["charge"], profile.blocks["competent"]
    monthly: list[tuple[TicketKind, float]] = [
        ("incident", 0.045 + 0.50 * (1 - charge) ** 1.5),
        ("question", 0.012 + 0.09 * (1 - competent) ** 1.4),
        ("request", 0.04),
        ("alert", 0.045 + 0.045 * charge),
        ("maintenance", 0.012 + 0.17 * charge**1.2),
        ("project", 0.012),
    ]
    return [(kind, rate * endpoints / DAYS_PER_MONTH) for kind, rate in monthly]


def _ticket(scene: Scene, kind: TicketKind, ticket_id: int, index: int, machine: Machine) -> Ticket:
    chance = dice(scene.seed, "ticket", ticket_id)
    quality = scene.profile.blocks
    type_name, subtype, words = chance.choice(WORDS[kind])
    priority = _priority(kind, quality["competent"], chance)
    alarm = kind == "alert"
    created = at(day_of(index), chance.randrange(86_400) if alarm else chance.randrange(46_800, 82_800))
    respond_hours, resolve_hours = GOALS[priority]
    kept = chance.random() < clamp(0.5 + 0.5 * (0.5 * quality["competent"] + 0.5 * quality["clear"]) ** 0.8)
    answered = created + timedelta(
        hours=respond_hours * (chance.uniform(0.03, 0.9) if kept else chance.uniform(0.8, 3))
    )
    kept = kept and chance.random() < 0.75 + 0.25 * quality["competent"]
    pace = 1.25 - 0.75 * quality["cost-effective"]
    share = chance.uniform(0.1, 0.75) * pace if kept else chance.uniform(1.05, 3.5)
    resolved = max(answered, created + timedelta(hours=resolve_hours * share))
    closed = resolved + timedelta(hours=chance.choice((0, 0, 0, 6, 24, 48)))
    if chance.random() < 0.07 * (1 - quality["confident"]) ** 1.3:
        resolved += timedelta(days=chance.randint(40, 150))  # forgotten, then found at a clean-up
        closed = resolved
    owned = chance.random() < 0.62 + 0.38 * quality["charge"]
    owner = chance.choice(scene.members).identifier if owned else None
    now = scene.now
    done = closed <= now
    rhythm = timedelta(days=1 + round(22 * (1 - quality["charge"]) * chance.uniform(0.5, 1.2)))
    hours = _hours(kind, quality["competent"], chance)
    return Ticket(
        id=ticket_id, client_id=scene.client.id, kind=kind, summary=words.format(machine.name)[:100],
        type=type_name,
        subtype=subtype, source="RMM Alert" if alarm else "Internal" if kind == "maintenance" else chance.choice(USER_SOURCES),
        priority=priority, machine_id=machine.id if "{0}" in words else None, owner=owner,
        contract_id=scene.contract.id if scene.contract and kind != "project" else None,
        under_sla=chance.random() < clamp(0.1 + 0.95 * quality["clear"]),
        created=created, respond_by=created + timedelta(hours=respond_hours),
        resolve_by=created + timedelta(hours=resolve_hours),
        responded=answered if answered <= now else None, resolved=resolved if resolved <= now else None,
        closed=closed if done else None, updated=_updated((created, answered, resolved, closed), rhythm, now),
        updated_by=owner or "zIntegrator", hours=hours if done else round(hours / 2,
        2) if answered <= now else 0.0,
    )  # fmt: skip


def _priority(kind: TicketKind, quality: float, chance: Random) -> str:
    if kind in {"question", "request", "maintenance", "project"}:
        return "Low" if chance.random() < 0.6 else "Medium"  # noqa: PLR2004 (a plain share)
    draw = chance.random()
    critical = 0.002 + 0.07 * (1 - quality) ** 1.5
    if draw < critical:
        return "Critical"
    return "High" if draw < critical + 0.12 else "Medium" if draw < 0.8 else "Low"  # noqa: PLR2004 (plain shares)


def _hours(kind: TicketKind, quality: float, chance: Random) -> float:
    typical = {
        "incident": 0.9,
        "question": 0.3,
        "request": 0.7,
        "alert": 0.4,
        "maintenance": 1.0,
        "project": 2.0,
    }[kind]
    slow = 1.6 - 0.9 * quality if kind in {"incident", "alert"} else 1.0
    return max(0.25, round(typical * slow * chance.uniform(0.4, 1.6) * 4) / 4)


def _updated(events: tuple[datetime, ...], rhythm: timedelta, now: datetime) -> datetime:
    """The latest thing that happened to a ticket: one of its events, or a touch in between while it is open."""
    past = [moment for moment in events if moment <= now]
    last = max(past, default=events[0])
    if len(past) == len(events):
        return last
    return last + (now - last) // rhythm * rhythm
