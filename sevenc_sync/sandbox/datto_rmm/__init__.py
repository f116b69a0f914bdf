"""A simulated Datto RMM that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.datto_rmm.vendor import DattoRmm

__all__ = ["DattoRmm"]
