"""The command line. Commands are thin: they read options, call the engine or the store, and show the result."""

import sys

from sevenc_sync.cli.early import command_of, end_well_until_it_works


def main() -> None:
    """The console script. A service hears signals before it loads anything, which takes most of a second."""
    if command_of(sys.argv[1:]) == "run":
        end_well_until_it_works()
    from sevenc_sync.cli.app import main as commands

    commands()


__all__ = ["main"]
