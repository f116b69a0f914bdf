"""A simulated Veeam Service Provider Console that speaks the vendor's dialect, written from its documents alone."""

from sevenc_sync.sandbox.veeam.vendor import VeeamVspc

__all__ = ["VeeamVspc"]
