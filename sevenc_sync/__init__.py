"""sevenc-sync: evidence from an MSP's systems, scored against the 7C IT management framework."""

__version__ = "0.1.0"
