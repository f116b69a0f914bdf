"""A simulated Datto BCDR that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.datto.vendor import DattoBcdr

__all__ = ["DattoBcdr"]
