"""The root command and its options."""

import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from sevenc_sync import __version__
from sevenc_sync.cli.early import command_of
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

# Each module adds its commands when it is imported; the order is that of --help. Only those of the command that is
# called are loaded.
MODULES: Mapping[str, tuple[str, ...]] = {
    "demo": ("demo", "sandbox"),
    "check": ("check",),
    "service": ("run",),
    "web": ("web",),
    "user": ("user",),
    "sync": ("sync",),
    "status": ("status",),
    "runs": ("runs", "log"),
    "alarm": ("alarm",),
    "scores": ("clients", "show", "score"),
    "match": ("match",),
    "match_devices": ("match",),
    "match_show": ("match",),
    "matchsheet": ("match",),
    "why": ("why",),
    "history": ("history", "replay"),
    "rules": ("rules",),
    "plan": ("plan",),
    "whatif": ("whatif",),
    "coverage": ("coverage",),
    "services": ("services",),
    "attest": ("attest",),
    "exempt": ("except",),
    "audit": ("audit",),
    "push": ("push",),
    "report": ("report",),
    "store": ("db",),
    "diagnose": ("diagnose",),
    "new_connector": ("new-connector",),
}


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
    """Load the command that is called, or all of them where none is named that we have, and run it."""
    sys.excepthook = report_fault
    command = command_of(sys.argv[1:])
    for name in [name for name, added in MODULES.items() if command in added] or MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    app()
