"""Records' addresses in their vendors' own screens."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.connect.connector import Connector
    from sevenc_sync.score import EvidenceRow

Link = Callable[[str, str], str | None]


def links_of(config: "Configuration", known: "Mapping[str, Connector]") -> dict[str, Link]:
    """What makes a record's address from its table and id, by account name; `known` are the connectors by name."""
    return {
        name: partial(known[settings.connector].link, settings) for name, settings in config.accounts.items()
    }


def address_of(row: "EvidenceRow", links: Mapping[str, Link]) -> str | None:
    """The record's address; None where its vendor has none."""
    link = links.get(row.account)
    return None if link is None else link(row.table, row.id)
