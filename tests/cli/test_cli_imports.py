"""What a command does not need, it does not load: that is why --help and status are quick."""

import subprocess
import sys
from typing import Any

import pytest

HEAVY = ("alembic", "apprise", "apscheduler", "httpx", "jinja2", "prometheus_client", "rapidfuzz", "sqlglot", "starlette", "structlog", "uvicorn")  # fmt: skip

SCRIPT = """
import sys
from sevenc_sync.cli.app import main
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("args", "more"), [(("--help",), ("sqlalchemy", "pydantic", "connectors")), (("status", "--json"), ())]
)
def test_what_is_heavy_is_not_loaded(scored: Any, args: tuple[str, ...], more: tuple[str, ...]) -> None:
    config = str(scored.home.config)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", SCRIPT, "--config", config, *args], capture_output=True, text=True, check=True
    )
    assert done.stdout
    loaded = set(done.stderr.split())
    assert "sevenc_sync.cli.common" in loaded
    assert [name for name in (*HEAVY, *more) if name in loaded] == []
