"""The built-in rules over an MSP that has something of everything."""

import msgspec

from sevenc_sync.model import Asset, Ticket
from sevenc_sync.score import Rules
from tests.score.conftest import World


def test_every_block_speaks_and_the_result_is_kept(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": "2026-01-01"})
    world.put(1, Asset(id="a", company="c1", name="SRV", type="Managed Server"))
    world.put(1, Ticket(id="t", company="c1", board="Help Desk"))
    result = world.score(rules)[1]
    assert len(result.blocks) == 7
    assert len(result.areas) == 27
    assert msgspec.json.encode(result)
