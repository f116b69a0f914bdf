"""Records of evidence in output: their source, their id, and their address in the vendor's own screens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from rich.style import Style
from rich.text import Text

from sevenc_sync.cli.common import safe
from sevenc_sync.engine.links import Link, address_of

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.score import EvidenceRow

__all__ = ["Link", "address_of", "linked", "links_of", "record_json", "records_text"]


def links_of(config: "Configuration") -> dict[str, Link]:
    """What makes a record's address in its vendor's own screens, by account name."""
    from sevenc_sync.engine.links import links_of as links_between
    from sevenc_sync.registry import connectors

    return links_between(config, connectors())


def linked(number: str, address: str | None) -> Text:
    """An id that a terminal opens in the vendor's own screens when it is clicked."""
    text = safe(number)
    if address is not None:
        text.stylize(Style(link=address))
    return text


def record_json(row: "EvidenceRow", links: Mapping[str, Link]) -> dict[str, object]:
    """One record for machines."""
    plain: dict[str, object] = msgspec.to_builtins(row, builtin_types=(datetime,))
    return {**plain, "link": address_of(row, links)}


def records_text(rows: "Sequence[EvidenceRow]", total: int, links: Mapping[str, Link]) -> Text:
    """Records in one line: their source before each change of it, then their ids with their names, and that there are more."""
    from sevenc_sync.score.mistakes import cut

    parts = []
    before = None
    for row in rows:
        name = next((row.fields[key] for key in ("name", "summary") if row.fields.get(key)), None)
        number = linked(row.id, address_of(row, links))
        if name is not None:
            number = Text.assemble(number, safe(f" {cut(str(name), 40)}"))
        parts.append(number if row.account == before else Text.assemble(safe(row.account), " ", number))
        before = row.account
    if total > len(rows):
        parts.append(Text("…"))
    return Text(", ").join(parts)
