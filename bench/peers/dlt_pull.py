"""dlt's rest_api source into DuckDB, tuned: pages by number, merge by id, parquet files, no child tables.

Usage: dlt_pull.py BASE_URL PAGE_SIZE FOLDER
"""

import os
import sys
from pathlib import Path

# Tuning that its documentation advises for volume: large buffers, workers for each step, quiet logs.
SETTINGS = {
    "RUNTIME__LOG_LEVEL": "ERROR",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "2",
    "NORMALIZE__LOADER_FILE_FORMAT": "parquet",
}


def main(base_url: str, size: str, folder: str) -> None:
    """Pull all tickets and say how many there are."""
    os.environ.update(SETTINGS)
    os.environ["DLT_DATA_DIR"] = str(Path(folder) / "dlt")
    import dlt  # noqa: PLC0415 - reads the environment when it is imported
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415 - the same

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{base_url}/v4_6_release/apis/3.0/",
                "headers": {"clientId": "made-up"},
                "paginator": {
                    "type": "page_number",
                    "base_page": 1,
                    "page_param": "page",
                    "total_path": None,
                    "stop_after_empty_page": True,
                },
            },
            "resources": [
                {
                    "name": "tickets",
                    "endpoint": {
                        "path": "service/tickets",
                        "params": {"pageSize": size},
                        "data_selector": "$",
                    },
                    "primary_key": "id",
                    "write_disposition": "merge",
                }
            ],
        },
        max_table_nesting=0,
    )
    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(str(Path(folder) / "peer.duckdb")), dataset_name="bench"
    )
    pipeline.run(source)
    with pipeline.sql_client() as client:
        rows = client.execute_sql("SELECT count(*) FROM tickets")
    sys.stdout.write(f"{rows[0][0]}\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
