"""A simulated ConnectWise PSA that speaks the vendor's dialect, written from the vendor's documents alone."""

from sevenc_sync.sandbox.connectwise.vendor import ConnectWisePsa

__all__ = ["ConnectWisePsa"]
