"""Cove's streams: the tree of partners, then all accounts with their columns. The vendor offers no filter by change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from connectors.cove import canonical, wire
from connectors.cove.columns import ASKED
from sevenc_sync.connect.errors import ContractChanged
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.pages import Malformed, OverlappingPages, SinglePage
from sevenc_sync.connect.stream import Stream
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun

PARTNERS, DEVICES = "/EnumeratePartners", "/EnumerateAccountStatistics"
PAGE_SIZE = 250
_ANSWER = msgspec.json.Decoder(dict[str, msgspec.Raw])

# Name, level, state, reference of the customer, time of creation.
_FIELDS = (0, 1, 5, 18, 20)
_NEEDS = "an API user (Management > Users > API users) of the MSP's own customer, with a role that may read devices"


@dataclass(frozen=True, slots=True)
class DoubleResult:
    """The list stands under `result` of the answer's `result`."""

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        try:
            fields = _ANSWER.decode(body)
        except msgspec.ValidationError as error:
            raise ContractChanged("The answer is no object with named keys.", detail=str(error)) from error
        except msgspec.DecodeError as error:
            raise Malformed(str(error)) from error
        if "result" not in fields:
            raise ContractChanged("The answer has no 'result'.")
        rows, _ = Envelope("result").split(bytes(fields["result"]))
        return rows, {}


STREAMS = (
    Stream(
        name="partners",
        title="Customers",
        path=PARTNERS,
        key="Id",
        wire=wire.Partner,
        to_canonical=canonical.partner,
        records=(Company, Lookup),
        complete=(Company,),  # a place in the tree under which nothing stands does no harm
        paginator=SinglePage(),
        layout=DoubleResult(),
        body=lambda _window: {"fetchRecursively": True, "fields": list(_FIELDS)},
        needs=_NEEDS,
    ),
    Stream(
        name="devices",
        title="Protected devices and Microsoft 365 tenants, with 28 days of backups",
        path=DEVICES,
        key="AccountId",
        wire=wire.Account,
        to_canonical=canonical.account,
        records=(Protection, ProtectionRun),
        # runs are history: that Cove shows 28 days only does not undo them
        complete=(Protection,),
        lookups=(canonical.PARTNER,),
        paginator=OverlappingPages(
            size=PAGE_SIZE, size_param="RecordsCount", start_param="StartRecordNumber"
        ),
        layout=DoubleResult(),
        body=lambda _window: {
            "query": {"SelectionMode": "Merged", "OrderBy": "CD ASC", "Columns": list(ASKED)}
        },
        needs=_NEEDS,
    ),
)
