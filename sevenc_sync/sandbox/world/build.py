"""Builds the simulated MSP: one call, the same world for the same arguments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from sevenc_sync.sandbox.world.activities import make_activities
from sevenc_sync.sandbox.world.agents import make_agents
from sevenc_sync.sandbox.world.backups import make_appliances, stray_appliances
from sevenc_sync.sandbox.world.contracts import make_contracts
from sevenc_sync.sandbox.world.dirt import NAMESAKES, misspelt, soiled, soiled_world
from sevenc_sync.sandbox.world.effort import (
    activity_effort,
    known,
    task_efforts,
    ticket_efforts,
    with_hours,
)
from sevenc_sync.sandbox.world.entities import (
    Activity,
    Agent,
    Appliance,
    Attested,
    Contract,
    Effort,
    Machine,
    Member,
    Organisation,
    OrganisationKind,
    Project,
    Tenant,
    Ticket,
    Truth,
    World,
)
from sevenc_sync.sandbox.world.estate import make_machines
from sevenc_sync.sandbox.world.names import (
    CITIES,
    OTHERS,
    OWN_NAME,
    PEOPLE,
    STREETS,
    client_name,
    short_code,
    spellings,
)
from sevenc_sync.sandbox.world.profile import attest, make_profiles, truth_of
from sevenc_sync.sandbox.world.projects import Ground, has_programme, make_projects
from sevenc_sync.sandbox.world.seeds import at, dice
from sevenc_sync.sandbox.world.tenants import APPLIANCES, make_tenants, stray_tenants
from sevenc_sync.sandbox.world.tickets import Scene, make_tickets

MOST_CLIENTS = 400
HISTORY = timedelta(days=396)
"""Thirteen months: a year's trend needs the month before it."""

OWN_ID, FIRST_CLIENT_ID = 2, 250


BACKUPS = ("datto_bcdr",)
"""The backup products of an MSP that keeps to one of each kind."""


def build_world(
    seed: int = 7, clients: int = 40, *, now: datetime, anchor: datetime | None = None,
    backups: Sequence[str] = BACKUPS, rmms: Sequence[str] = (), dirty: bool = False,
) -> World:  # fmt: skip
    """The MSP as it stands at `now` (aware; cut to whole seconds).

    History starts thirteen months before `anchor`, by default `now`; dates of things that do not happen daily
    (purchases, contracts, attestations) count from it too. Keep the anchor and move `now` to let the world grow:
    ids stay, tickets are added and closed, backups run on. `backups` and `rmms` name the products (by their
    connectors) over which the clients are spread, in turn; how well a client is managed does not depend on them. `dirty`: names
    and serials as people and makers leave them (`dirt`). Raises ValueError for fewer than 1 or more than 400 clients, a naive
    time, or an anchor after `now`.
    """
    if not 1 <= clients <= MOST_CLIENTS:
        raise ValueError(f"clients must be 1 to {MOST_CLIENTS}, not {clients}")
    if now.tzinfo is None or (anchor is not None and anchor.tzinfo is None):
        raise ValueError("times must carry their zone")
    now = now.astimezone(UTC).replace(microsecond=0)
    anchor = anchor.astimezone(UTC).replace(microsecond=0) if anchor else now
    if anchor > now:
        raise ValueError("the anchor must not be after now")
    members = make_members()
    desk = [m for m in members if m.active and m.title == "Engineer"]
    organisations: list[Organisation] = []
    machines: list[Machine] = []
    contracts: list[Contract] = []
    tickets: list[Ticket] = []
    appliances: list[Appliance] = []
    tenants: list[Tenant] = []
    projects: list[Project] = []
    activities: list[Activity] = []
    efforts: list[Effort] = []
    agents: list[Agent] = []
    truth: dict[str, Truth] = {}
    for index, profile in enumerate(make_profiles(seed, clients)):
        attested = attest(seed, index, profile, anchor, now)
        client = replace(
            _client(seed, index, anchor, attested),
            backup=_in_turn(backups, index) if profile.has_backup else None,
            rmm=_in_turn(rmms, index // max(1, len(backups))),
        )
        client = misspelt(seed, client) if dirty else client
        own_machines = make_machines(seed, client, profile, anchor)
        own_machines = soiled(seed, client, own_machines) if dirty else own_machines
        own_contracts = make_contracts(seed, client, profile, own_machines, anchor)
        organisations.append(client)
        machines += own_machines
        contracts += own_contracts
        scene = Scene(seed, client, profile, own_machines, own_contracts[0], desk, anchor, now)
        own_tickets = list(make_tickets(scene, anchor - HISTORY))
        tickets += own_tickets
        ground = Ground(seed, client, profile, own_contracts, anchor, now)
        own_projects = list(make_projects(ground, (anchor - HISTORY).date()))
        own_activities = list(make_activities(seed, client, profile, anchor, now, HISTORY))
        own_efforts = [
            *(effort for ticket in own_tickets for effort in ticket_efforts(seed, ticket, now)),
            *(effort for project in own_projects for effort in task_efforts(seed, project, now)),
            *(
                effort
                for activity in own_activities
                for effort in activity_effort(activity, client, has_programme(profile))
            ),
        ]
        projects += with_hours(own_projects, own_efforts)
        activities += own_activities
        efforts += own_efforts
        if client.backup == APPLIANCES:
            appliances += make_appliances(seed, client, profile, own_machines, anchor, now)
        if client.rmm is not None:
            agents += make_agents(seed, client, profile, own_machines, anchor, now)
        tenants += make_tenants(seed, client, profile, own_machines, backups, anchor, now)
        truth[client.name] = truth_of(profile, attested)
    appliances += stray_appliances(seed, anchor, now)
    tenants += stray_tenants(seed, backups, anchor, now)
    world = World(
        seed=seed, now=now, anchor=anchor, own=_plain(seed, OWN_ID, "own", OWN_NAME, anchor),
        clients=tuple(organisations),
        others=tuple(_plain(seed, number, kind, name, anchor) for number, kind, name in _others(dirty=dirty)),
        members=members,
        machines=tuple(machines), tickets=tuple(sorted(tickets, key=lambda t: t.id)),
        contracts=tuple(contracts),
        appliances=tuple(appliances), tenants=tuple(tenants), projects=tuple(sorted(projects, key=lambda p: p.id)),
        activities=tuple(sorted(activities, key=lambda a: a.id)),
        efforts=tuple(known(efforts, members)), agents=tuple(agents), truth=truth,
    )  # fmt: skip
    return soiled_world(world) if dirty else world


def make_members() -> tuple[Member, ...]:
    """The MSP's people; the last one has left."""
    return tuple(
        Member(150 + place, identifier, first, last, title, "(left)" not in title)
        for place, (identifier, first, last, title) in enumerate(PEOPLE)
    )


def _in_turn(names: Sequence[str], number: int) -> str | None:
    """So that each pair of a backup product and an RMM occurs."""
    return names[number % len(names)] if names else None


def _others(*, dirty: bool) -> tuple[tuple[int, OrganisationKind, str], ...]:
    kinds: dict[str, OrganisationKind] = {
        "vendor": "vendor",
        "prospect": "prospect",
        "former": "former",
        "deleted": "deleted",
    }
    plain = tuple((number, kinds[kind], name) for number, kind, name in OTHERS)
    if not dirty:
        return plain
    return *plain, *((number, kind, " ".join(client_name(place))) for number, kind, place in NAMESAKES)


def _client(seed: int, index: int, anchor: datetime, attested: dict[str, Attested]) -> Organisation:
    chance = dice(seed, "client", index)
    name, backup_name = spellings(index, chance)
    return _organisation(
        seed,
        FIRST_CLIENT_ID + index,
        index,
        "client",
        name,
        backup_name,
        chance.randint(9, 28),
        anchor,
        attested,
    )


def _plain(seed: int, number: int, kind: OrganisationKind, name: str, anchor: datetime) -> Organisation:
    return _organisation(seed, number, -1, kind, name, name, 10, anchor, {})


def _organisation(
    seed: int, number: int, index: int, kind: OrganisationKind, name: str, backup_name: str, seats: int,
    anchor: datetime,
    attested: dict[str, Attested],
) -> Organisation:  # fmt: skip
    chance = dice(seed, "organisation", number)
    city, state, postcode = chance.choice(CITIES)
    code = short_code(name)
    entered = at(anchor.date() - timedelta(days=chance.randint(500, 3000)), 57_600)
    return Organisation(
        id=number, index=index, kind=kind, name=name, identifier=f"{code[:14]}{number}",
        backup_name=backup_name,
        street=f"{chance.randint(1, 990)} {chance.choice(STREETS)}", city=city, state=state,
        postcode=postcode,
        phone=f"503555{chance.randint(0, 9999):04d}",
        website=_website(code, chance),
        seats=seats, entered=entered, updated=at(anchor.date() - timedelta(days=chance.randint(1, 120)),
        60_300), attested=attested,
    )  # fmt: skip


def _website(code: str, chance: Random) -> str:
    """An address; one organisation of five has none."""
    return chance.choices((f"https://www.{code.lower()[:20]}.example", ""), (4, 1))[0]
