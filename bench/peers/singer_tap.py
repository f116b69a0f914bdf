"""A Singer tap for the same tickets, on its maintained SDK: pages by number, only the fields that we use.

Usage: singer_tap.py --config FILE      (FILE holds {"base_url": …, "page_size": …})
"""

from collections.abc import Mapping
from typing import Any

import requests
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import BasePageNumberPaginator

_REF = th.ObjectType(
    th.Property("id", th.IntegerType),
    th.Property("name", th.StringType),
    th.Property("identifier", th.StringType),
)
_TEXTS = [
    "summary",
    "recordType",
    "closedDate",
    "dateResolved",
    "dateResponded",
    "respondByGoalUTC",
    "resolutionGoalUTC",
]
_REFS = ["board", "status", "company", "type", "subType", "owner", "priority", "source", "agreement", "sla"]


class Pages(BasePageNumberPaginator):
    """Until a page is short."""

    def __init__(self, size: int) -> None:
        super().__init__(start_value=1)
        self._size = size

    def has_more(self, response: requests.Response) -> bool:
        """A full page may be followed by another."""
        return len(response.json()) == self._size


class Tickets(RESTStream[int]):
    """GET /service/tickets."""

    name = "tickets"
    path = "/service/tickets"
    primary_keys = ("id",)
    records_jsonpath = "$[*]"
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType, required=True),
        *(th.Property(name, th.StringType) for name in _TEXTS),
        *(th.Property(name, _REF) for name in _REFS),
        th.Property("closedFlag", th.BooleanType),
        th.Property("isInSla", th.BooleanType),
        th.Property("actualHours", th.NumberType),
        th.Property("parentTicketId", th.IntegerType),
        th.Property("_info", th.ObjectType(th.Property("lastUpdated", th.StringType))),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """Where the API is."""
        return f"{self.config['base_url']}/v4_6_release/apis/3.0"

    def get_new_paginator(self) -> Pages:
        """Pages by number."""
        return Pages(int(self.config["page_size"]))

    def get_url_params(
        self,
        context: Mapping[str, Any] | None,  # noqa: ARG002 - the SDK's signature
        next_page_token: int | None,
    ) -> dict[str, Any]:
        """The page."""
        return {"page": next_page_token or 1, "pageSize": self.config["page_size"]}


class BenchTap(Tap):
    """The tap."""

    name = "tap-bench"
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", th.StringType, required=True),
        th.Property("page_size", th.IntegerType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[RESTStream[int]]:
        """One stream."""
        return [Tickets(self)]


if __name__ == "__main__":
    BenchTap.cli()
