"""A simulated Autotask PSA that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.autotask.vendor import AutotaskPsa

__all__ = ["AutotaskPsa"]
