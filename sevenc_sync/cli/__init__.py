"""The command line. Commands are thin: they read options, call the engine or the store, and show the result."""

from sevenc_sync.cli.app import main

__all__ = ["main"]
