"""sevenc-sync report: a client's report as HTML or PDF."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, engine_errors, fail, out, safe
from sevenc_sync.cli.scores import Client, find_client


class SpanName(StrEnum):
    """Over which span a report compares."""

    QUARTERLY = "quarterly"
    YEARLY = "yearly"


@app.command("report")
def report_command(
    context: typer.Context,
    client: Client,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as HTML.")] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as PDF; needs WeasyPrint.")
    ] = None,
    span: Annotated[
        SpanName | None,
        typer.Option("--span", help="Compare with a quarter or a year before; default: report.every."),
    ] = None,
) -> None:
    """Write a client's report: one page for its head, and the evidence behind it."""
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.engine.report_job import look_of, write_report
    from sevenc_sync.report.build import ReportProblem, report_html
    from sevenc_sync.score import load_results

    if html is None and pdf is None:
        fail("give --html FILE or --pdf FILE.", USAGE)
    config = configuration(context)
    with engine_errors(), open_engine(config) as engine:
        result = find_client(load_results(engine.store, engine.rules), client)
        over = config.settings.report.every if span is None else span.value
        try:
            text = report_html(engine.store, engine.rules, result, look_of(config), over)
            for path, kind in ((html, "html"), (pdf, "pdf")):
                if path is not None:
                    write_report(text, path, kind)
                    out.print(safe(f"Written: {path}"), soft_wrap=True)
        except ReportProblem as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename} cannot be written: {error.strerror}.")
