"""A simulated Datto SaaS Protection that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.datto_saas.vendor import DattoSaas

__all__ = ["DattoSaas"]
