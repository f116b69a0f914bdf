"""Vendor servers on loopback, fed by one simulated MSP: for the demo and for tests."""

from sevenc_sync.sandbox.chaos import chaos
from sevenc_sync.sandbox.faults import Fault, Faults
from sevenc_sync.sandbox.sandbox import VENDORS, Sandbox, SandboxAccount
from sevenc_sync.sandbox.server import VendorServer
from sevenc_sync.sandbox.world import BLOCKS, Truth, World, build_world

__all__ = [
    "BLOCKS",
    "VENDORS",
    "Fault",
    "Faults",
    "Sandbox",
    "SandboxAccount",
    "Truth",
    "VendorServer",
    "World",
    "build_world",
    "chaos",
]
