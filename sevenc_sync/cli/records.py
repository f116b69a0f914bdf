"""Records of evidence in output: their source, their id, and their address in the vendor's own screens."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from rich.style import Style
from rich.text import Text

from sevenc_sync.cli.common import safe

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.score import EvidenceRow

Link = Callable[[str, str], str | None]


def links_of(config: "Configuration") -> dict[str, Link]:
    """What makes a record's address in its vendor's own screens, by account name."""
    from sevenc_sync.registry import connectors

    known = connectors()
    return {
        name: partial(known[settings.connector].link, settings) for name, settings in config.accounts.items()
    }


def address_of(row: "EvidenceRow", links: Mapping[str, Link]) -> str | None:
    """The record's address; None where its vendor has none."""
    link = links.get(row.account)
    return None if link is None else link(row.table, row.id)


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
