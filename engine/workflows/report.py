"""The misdirection report of a project: one HTML file and one PDF."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engine.domain.errors import InputError, StorageError
from engine.domain.records import RunRecord
from engine.imaging.writing import write_bytes
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ReportRequest
from engine.reporting.contents import Report
from engine.store.project import Project
from engine.workflows.measure import proposing_run
from engine.workflows.projects import open_project
from engine.workflows.report_examples import Examples
from engine.workflows.report_numbers import ORDER_BY_BOXES, ORDER_BY_MAPS, RULE, RunNumbers

HTML_NAME, PDF_NAME = "misdirection.html", "misdirection.pdf"
COMPARED = 6  # pictures in a comparison of runs


def run(request: ReportRequest, reporter: Reporter) -> dict[str, Any]:
    """Write the report; both files appear whole, after everything else is done.

    Returns their paths, the runs and the number of pictures.
    """
    out = Path(request.out).expanduser()
    if out.exists() and not out.is_dir():
        raise InputError("This is a file.", path=out, remedy="Give a folder.")
    with open_project(request.project) as project:
        report = gather(project, request, reporter)
    from engine.reporting.page import html
    from engine.reporting.pdf import pdf  # pulls in matplotlib

    reporter.progress(0, 2, "files", "Writing the report")
    page, sheets = html(report), pdf(report, reporter.check)
    reporter.check()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder cannot be made ({error.strerror or error}).",
            path=out,
            remedy="Choose another folder.",
        ) from error
    for name, content in ((HTML_NAME, page), (PDF_NAME, sheets)):
        write_bytes(out / name, content)
        reporter.artifact("report", path=str(out / name))
    reporter.progress(2, 2, "files", "Writing the report")
    return {
        "html": str(out / HTML_NAME),
        "pdf": str(out / PDF_NAME),
        "runs": [part.run_id for part in report.runs],
        "images": max(part.images for part in report.runs),
    }


def gather(project: Project, request: ReportRequest, reporter: Reporter) -> Report:
    """Everything the report says. Raises ProjectError without a run that has score maps."""
    table = None if request.boxes is None else Path(request.boxes).expanduser()
    numbers = [
        RunNumbers.of(project, record, table, reporter) for record in _records(project, request)
    ]
    if not all(of_run.full for of_run in numbers):
        for of_run in numbers:  # else their misdirection would not be comparable
            of_run.leave_out_network()
    examples = Examples(project, reporter)
    parts = tuple(of_run.part(examples, request.examples) for of_run in numbers)
    known = any(of_run.ranks_by_boxes for of_run in numbers)
    return Report(
        project=project.name,
        made_at=datetime.now(),
        version=version("boxwright"),
        rule=RULE,
        order=ORDER_BY_BOXES if known else ORDER_BY_MAPS,
        runs=parts,
        comparison=examples.compared(numbers, COMPARED) if len(numbers) > 1 else (),
    )


def _records(project: Project, request: ReportRequest) -> list[RunRecord]:
    wanted = request.runs or (None,)
    records = [proposing_run(project, run_id) for run_id in wanted]
    return list({record.id: record for record in records}.values())
