"""A Singer target on the SDK's own SQL sink, into SQLite.

Usage: singer_target.py --config FILE      (FILE holds {"path": …})
"""

import json
import sqlite3
from decimal import Decimal
from typing import Any

from singer_sdk import SQLConnector, SQLTarget
from singer_sdk import typing as th
from singer_sdk.sinks import SQLSink

# The SDK hands numbers and objects to a driver that takes neither.
sqlite3.register_adapter(Decimal, float)
sqlite3.register_adapter(dict, json.dumps)


class Connector(SQLConnector):
    """The database."""

    allow_column_alter = False

    def get_sqlalchemy_url(self, config: dict[str, Any]) -> str:
        """A file."""
        return f"sqlite:///{config['path']}"


class Sink(SQLSink[Connector]):
    """Plain inserts in batches of ten thousand."""

    connector_class = Connector
    MAX_SIZE_DEFAULT = 10_000

    @property
    def schema_name(self) -> None:
        """SQLite has no schemas."""
        return


class BenchTarget(SQLTarget):
    """The target."""

    name = "target-bench"
    default_sink_class = Sink
    config_jsonschema = th.PropertiesList(th.Property("path", th.StringType, required=True)).to_dict()


if __name__ == "__main__":
    BenchTarget.cli()
