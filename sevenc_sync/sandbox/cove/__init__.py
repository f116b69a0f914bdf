"""A simulated N-able Cove Data Protection that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.cove.vendor import Cove

__all__ = ["Cove"]
