"""Dirty identities on purpose: what people and makers do to names and serials, with the truth still known.

The world's own numbers are the truth: each tenant says whose it is, each agent and workload of which machine. Only what vendors
tell is soiled.
"""

from collections.abc import Sequence
from dataclasses import replace

from sevenc_sync.sandbox.world.entities import Machine, Organisation, OrganisationKind, World
from sevenc_sync.sandbox.world.names import client_name
from sevenc_sync.sandbox.world.seeds import dice

PLACEHOLDERS = ("To be filled by O.E.M.", "Default string", "System Serial Number", "0", "INVALID")
MISSPELT = 6
"""One client in so many is misspelt in the RMM and in the backup product."""

NAMESAKES: tuple[tuple[int, OrganisationKind, int], ...] = ((140, "prospect", 0), (141, "former", 2))
"""Companies of the PSA that have a client's name and are not it: id, kind, place of the client."""

MOVED = 3
"""One client in so many has given a laptop to the next one: the RMM knows, the PSA does not."""


def misspelt(seed: int, client: Organisation) -> Organisation:
    """The client as others write it; for one in six with a letter of its name lost."""
    if client.index % MISSPELT != MISSPELT - 1:
        return client
    chance = dice(seed, "misspelt", client.index)
    letters = [place for place, letter in enumerate(client.backup_name) if letter.isalpha()][1:]
    lost = chance.choice(letters[:6])
    name = client.backup_name
    return replace(client, backup_name=name[:lost] + name[lost + 1 :])


def soiled(seed: int, client: Organisation, machines: Sequence[Machine]) -> list[Machine]:
    """The client's machines: two of them with what makers write in place of a serial, and a laptop cloned with its serial."""
    chance = dice(seed, "dirty serials", client.index)
    laptops = [m.id for m in machines if m.active and m.kind == "laptop"]
    placeheld = {m.id for m in machines if m.active and m.kind == "workstation"}
    placeheld = set(sorted(placeheld)[:2])
    serials = {number: chance.choice(PLACEHOLDERS) for number in placeheld}
    if client.index % 2 and len(laptops) > 1:
        serials[laptops[1]] = next(m.serial for m in machines if m.id == laptops[0])
    return [replace(m, serial=serials.get(m.id, m.serial)) for m in machines]


def soiled_world(world: World) -> World:
    """The world with laptops that have moved, and with strangers that are called almost like a client.

    A laptop has moved to the next client, says its agent; the PSA has it where it was.
    """
    laptops: dict[int, int] = {}
    for machine in world.machines:
        if machine.active and machine.kind == "laptop":
            laptops[machine.client_id] = machine.id  # the last one: no clone
    followed = zip(world.clients, world.clients[1:], strict=False)
    to = {
        laptops[client.id]: neighbour.id
        for client, neighbour in followed
        if client.index % MOVED == 0 and client.id in laptops and client.rmm == neighbour.rmm is not None
    }
    almost = f"{client_name(0)[0]} Holding"
    return replace(
        world,
        agents=tuple(replace(a, client_id=to.get(a.machine_id, a.client_id)) for a in world.agents),
        appliances=tuple(
            a if a.client_id is not None else replace(a, organisation=almost) for a in world.appliances
        ),
        tenants=tuple(t if t.client_id is not None else replace(t, name=almost) for t in world.tenants),
    )
