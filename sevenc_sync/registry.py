"""Connectors by name, from the entry-point group: the built-in ones and a third party's in the same way."""

from collections.abc import Iterable, Iterator, Mapping
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


class _Installed(Mapping[str, Connector]):
    """Connectors by name; each is loaded when it is asked for, because most sites have few of them. Raises RegistryProblem."""

    def __init__(self, entries: Iterable[metadata.EntryPoint]) -> None:
        self._entries = {entry.name: entry for entry in sorted(entries, key=lambda entry: entry.name)}
        self._loaded: dict[str, Connector] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries  # without loading it

    def __getitem__(self, name: str) -> Connector:
        found = self._loaded.get(name)
        if found is None:
            found = self._loaded[name] = _load(self._entries[name])
        return found


def _load(entry: metadata.EntryPoint) -> Connector:
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
    return connector


@cache
def connectors() -> Mapping[str, Connector]:
    """All installed connectors by name. Raises RegistryProblem, also when one is looked up that cannot be loaded."""
    _check_own_package()
    return _Installed(metadata.entry_points(group=GROUP))
