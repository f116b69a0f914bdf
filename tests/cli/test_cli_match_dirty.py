"""Dirty identities in the vendors' own dialects: nothing is linked wrongly, and what is not linked is asked about."""

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, World, build_world
from tests.cli.conftest import Site, open_site

CLIENTS = 18
BACKUPS, RMM = ("datto_bcdr", "veeam_vspc"), "ninjaone"


def test_nothing_is_linked_wrongly_and_what_waits_has_the_right_client_first(tmp_path: Path) -> None:
    world = build_world(clients=CLIENTS, now=utc_now(), backups=BACKUPS, rmms=(RMM,), dirty=True)
    with Sandbox(world, vendors=("connectwise_psa", *BACKUPS, RMM), clock=utc_now) as sandbox:
        site = open_site(tmp_path, sandbox)
        assert site("sync").exit_code == 0
    companies_are_right(site, world)
    devices_are_right(site, world)


def companies_are_right(site: Site, world: World) -> None:
    """Each linked company is the client whose number it carries or whose name it has; misspelt ones are asked about."""
    spelt = {client.backup_name: client.name for client in world.clients}
    almost = {tenant.name for tenant in world.tenants if tenant.client_id is None}
    lines = site.json("match", "show")
    told = [line for line in lines if line["account"] != "psa"]
    linked = [line for line in told if line["state"] == "linked"]
    assert {(line["name"], line["client_name"]) for line in linked} <= {
        *spelt.items(),
        *((name, name) for name in spelt.values()),
    }
    asked = {item["name"]: item for item in site.json("match", "review")}
    waits = {line["name"] for line in told if line["state"] == "review"}
    misspelt = {c.backup_name for c in world.clients if c.index % 6 == 5}
    assert almost <= waits
    assert waits & misspelt
    for name in waits & misspelt:
        assert asked[name]["suggestions"][0]["name"] == spelt[name]
    # All else is linked: the strangers, the MSP's own machines and what is misspelt are what waits.
    assert waits <= misspelt | almost | {"Internal Infrastructure"}


def devices_are_right(site: Site, world: World) -> None:
    """No two machines are one device, nearly all records of a machine are; clones and moved machines are asked about."""
    names = {client.id: client.name for client in world.clients}
    machine_of = {agent.id: agent for agent in world.agents}
    called = {(m.client_id, m.name.casefold()): m.id for m in world.machines}
    said: list[bool] = []
    wanted: Counter[tuple[int, int]] = Counter()
    for client, name in names.items():
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for line in site.json("match", "show", name, "--devices"):
            if line["account"] == "rmm":
                machine = machine_of[int(line["id"])].machine_id
            elif line["account"] == "psa":
                machine = int(line["id"])
            else:
                host = line["name"].split(".")[0].casefold()
                machine = called.get((client, host), -1)
            if machine > 0:
                groups[line["device"]].append(machine)
                wanted[client, machine] += 1
        said += [one == other for members in groups.values() for one, other in combinations(members, 2)]
    pairs = sum(count * (count - 1) // 2 for count in wanted.values())
    assert (said.count(False), sum(said) >= 0.97 * pairs > 0) == (0, True), (sum(said), pairs)
    questions = site.json("match", "review", "--devices")
    kinds = Counter(item["kind"] for item in questions)
    clones = sum(client.index % 2 for client in world.clients)
    by_id = {m.id: m for m in world.machines}
    moved = [agent for agent in world.agents if agent.client_id != by_id[agent.machine_id].client_id]
    assert moved
    assert (kinds["serial"], kinds["moved"]) == (clones, len(moved))
