"""Connectors by name, from the entry-point group: the built-in ones and a third party's in the same way."""

from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from sevenc_sync.connect.connector import Connector

GROUP = "sevenc_sync.connectors"
MARKER = "sevenc-sync connectors"


class RegistryProblem(Exception):
    """A connector cannot be loaded; the text says which and why."""


def _check_own_package() -> None:
    """A foreign ./connectors folder wins under `python -m`; say so plainly instead of failing oddly."""
    import connectors  # noqa: PLC0415 - looked at, not used

    if getattr(connectors, "MARKER", None) != MARKER:
        found = Path(getattr(connectors, "__file__", None) or "a folder without __init__.py").parent
        raise RegistryProblem(
            f"Another package named 'connectors' was found at {found}. Start with the sevenc-sync command, or from another folder."
        )


@cache
def connectors() -> Mapping[str, Connector]:
    """All installed connectors by name. Raises RegistryProblem."""
    _check_own_package()
    found: dict[str, Connector] = {}
    for entry in metadata.entry_points(group=GROUP):
        try:
            connector = entry.load()
        except Exception as error:
            raise RegistryProblem(
                f"The connector {entry.name} ({entry.value}) cannot be loaded: {error}"
            ) from error
        if not isinstance(connector, Connector) or connector.name != entry.name:
            raise RegistryProblem(
                f"The entry point {entry.name} ({entry.value}) is not a connector of that name."
            )
        found[entry.name] = connector
    return dict(sorted(found.items()))
