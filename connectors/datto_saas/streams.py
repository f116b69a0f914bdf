"""SaaS Protection's streams: the domains of all customers, then each customer's services. No filter by change is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from connectors.datto_saas import canonical, wire
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    VendorDown,
)
from sevenc_sync.connect.layouts import AnyOf
from sevenc_sync.connect.pages import SinglePage
from sevenc_sync.connect.stream import Stream
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun

DOMAINS = "/saas/domains"
_NEEDS = "API keys of Partner Portal > Admin > Integrations > API Keys that may read SaaS Protection"
_LIST = AnyOf(items="items")
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MEANINGS: tuple[tuple[str, type[Problem]], ...] = (
    ("notfound", RecordVanished),
    ("accessdenied", AccessProblem),
    ("unauthorized", CredentialsProblem),
)


@dataclass(frozen=True, slots=True)
class Enveloped:
    """A list, an envelope around one, or a list of envelopes: documents and answers differ. Errors may come with status 200."""

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout. Raises the problem that stands in place of data; ContractChanged for any other shape."""
        _look_for_errors(body)
        rows, paging = _LIST.split(body)
        found: list[msgspec.Raw] = []
        for row in rows:
            inner = _items(bytes(row))
            found += [row] if inner is None else inner
        return found, paging


def _items(row: bytes) -> list[msgspec.Raw] | None:
    """The records of an envelope within a list; None for a record. Raises ContractChanged for what is neither."""
    try:
        fields = _KEYS.decode(row)
    except msgspec.DecodeError as error:
        raise ContractChanged("The list holds something that is no record.", detail=str(error)) from error
    if "items" not in fields or "customerId" in fields:
        return None
    return list(_LIST.split(row)[0])


def _look_for_errors(body: bytes) -> None:
    """Raises the problem that an object with a `code` and no `items` stands for. An unknown one is asked again."""
    if not body[:64].lstrip().startswith(b"{"):
        return
    try:
        fields = _KEYS.decode(body)
    except msgspec.DecodeError:
        return  # the layout says what is wrong with it
    if "code" not in fields or "items" in fields:
        return
    code = bytes(fields["code"]).decode("utf-8", "replace").lower()
    kind = next((kind for word, kind in _MEANINGS if word in code), VendorDown)
    words = vendor_words(body)
    said = f': "{words}"' if words else ""
    raise kind(f"Datto answered with an error in place of data{said}.")


STREAMS = (
    Stream(
        name="domains",
        title="Customers and their domains",
        path=DOMAINS,
        key="saasCustomerId",
        wire=wire.Domain,
        to_canonical=canonical.domain,
        records=(Company, Lookup),
        complete=(Company,),
        paginator=SinglePage(),
        layout=Enveloped(),
        needs=_NEEDS,
    ),
    Stream(
        name="applications",
        title="Services of Microsoft 365 and Google Workspace, with the last ten days",
        path="/saas/{parent}/applications",
        key="customerId",
        parent="company",
        wire=wire.Applications,
        to_canonical=canonical.applications,
        records=(Protection, ProtectionRun),
        # runs are history: that ten days are shown does not undo them
        complete=(Protection,),
        lookups=(canonical.SUBSCRIPTION,),
        paginator=SinglePage(),
        layout=Enveloped(),
        params=lambda _window: {"daysUntil": "10"},
        # about 20 seconds for each customer
        cadence=timedelta(hours=4),
        needs=_NEEDS,
    ),
)
