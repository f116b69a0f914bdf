"""A simulated NinjaOne that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.ninjaone.vendor import NinjaOne

__all__ = ["NinjaOne"]
