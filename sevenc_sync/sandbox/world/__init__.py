"""The simulated MSP that feeds every vendor server of the sandbox."""

from sevenc_sync.sandbox.world.build import build_world
from sevenc_sync.sandbox.world.entities import BLOCKS, Truth, World

__all__ = ["BLOCKS", "Truth", "World", "build_world"]
