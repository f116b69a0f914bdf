"""The root command and its options."""

import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from sevenc_sync import __version__
from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean

app = typer.Typer(
    name="sevenc-sync",
    help="Pull an MSP's evidence, score every client against the 7C IT management framework, write it back into the PSA.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its help costs 50 ms of imports
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Each module adds its commands when it is imported; the order is that of --help.
MODULES = (
    "demo",
    "check",
    "service",
    "web",
    "user",
    "sync",
    "status",
    "runs",
    "alarm",
    "scores",
    "match",
    "match_devices",
    "match_show",
    "matchsheet",
    "why",
    "history",
    "rules",
    "plan",
    "whatif",
    "coverage",
    "services",
    "attest",
    "exempt",
    "audit",
    "push",
    "report",
    "store",
    "diagnose",
    "new_connector",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"sevenc-sync {__version__}")
        raise typer.Exit


@app.callback()
def root(
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="Configuration file (default: ./config.toml, then /etc/sevenc-sync/config.toml).",
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option("--log-level", help="debug, info, warning or error; overrides the configuration."),
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback does it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command's name."""
    if log_level is not None and log_level not in ("debug", "info", "warning", "error"):
        raise typer.BadParameter("expected debug, info, warning or error", param_hint="--log-level")
    if config is not None and not config.is_file():
        raise typer.BadParameter(f"{config} does not exist", param_hint="--config")


def report_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault of ours, for whoever reports it: all of it, without secrets and without what steers a terminal."""
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(
        f"{redact(clean(text) or '')}\nsevenc-sync: this is a fault in sevenc-sync; please report it.\n"
    )


def main() -> None:
    """The console script."""
    sys.excepthook = report_fault
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    app()
