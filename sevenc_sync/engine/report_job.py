"""Reports into a directory: each client's once a period, as the configuration wants them."""

import re
from pathlib import Path

import structlog

from sevenc_sync.config import Configuration
from sevenc_sync.engine.local import Engine
from sevenc_sync.report.build import Look, ReportProblem, report_end, report_file, report_html, report_pdf
from sevenc_sync.score import load_results

_END = re.compile(r"-\d+-\d{4}(-Q\d)?\.\w+$")

log = structlog.get_logger("report")


def look_of(config: Configuration) -> Look:
    """How reports look."""
    told = config.settings.report
    return Look(
        language=config.settings.push.language,
        name=told.msp,
        logo=None if told.logo is None else config.path.parent / told.logo,
        colour=told.colour,
    )


def write_reports(engine: Engine) -> int:
    """Write the reports of the present period that are not there yet; gives how many. What cannot be written is logged."""
    told = engine.config.settings.report
    if told.directory is None:
        return 0
    folder = engine.config.path.parent / told.directory
    look, rules = look_of(engine.config), engine.rules
    # By their ends: a client that got another name meanwhile gets no second report.
    there = {_end(item.name) for item in folder.iterdir()} if folder.is_dir() else set()
    done = 0
    for result in load_results(engine.store, rules):
        if result.score is None or report_end(result, told.every, told.format) in there:
            continue
        path = folder / report_file(result, told.every, told.format)
        # Whole or not at all: whoever looks into the directory sees no half of one.
        part = path.with_name(f".{path.name}.part")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_report(report_html(engine.store, rules, result, look, told.every), part, told.format)
            part.replace(path)
        except (ReportProblem, OSError) as error:
            log.error(  # noqa: TRY400 - the operator needs what to do, not our call stack
                "reports cannot be written",
                reason=str(error),
                action="Mend it; the next scoring tries again.",
            )
            return done
        done += 1
    return done


def _end(name: str) -> str:
    """The part of a report's name from the client's number on; of other files whatever it is."""
    found = _END.search(name)
    return found[0] if found else ""


def write_report(html: str, path: Path, kind: str) -> None:
    """Write one report as html or pdf. Raises ReportProblem and OSError."""
    if kind == "pdf":
        report_pdf(html, path)
    else:
        path.write_text(html, encoding="utf-8")
