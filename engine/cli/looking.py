"""``boxwright measure`` and ``boxwright report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, print_json, run_job
from engine.jobs.requests import MeasureRequest, ReportRequest

BoxesOption = Annotated[
    Path | None,
    typer.Option(help="CSV of true boxes; else those that were imported, else the accepted ones."),
]


def measure(
    project: ProjectArgument,
    run: Annotated[
        int | None, typer.Option(help="Training or proposing run; the newest if not given.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="From the stored score maps alone, without a network.")
    ] = False,
    boxes: BoxesOption = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    json: JsonOption = False,
) -> None:
    """Measure, image by image, how far the network looks at something else than the object."""
    table = None if boxes is None else str(boxes)
    result = run_job(MeasureRequest(str(project), run, quick, table, device), quiet=json)
    if json:
        print_json(result)
        return
    mean = result["misdirection"]
    shown = "unknown" if mean is None else f"{mean:.2f}"
    typer.echo(f"Run {result['run']}: {result['images']} images, mean misdirection {shown}")


def report(
    project: ProjectArgument,
    out: Annotated[Path, typer.Option(help="Folder for the report; made if it is not there.")],
    run: Annotated[
        list[int] | None, typer.Option(help="Training or proposing run; several to compare.")
    ] = None,
    boxes: BoxesOption = None,
    examples: Annotated[
        int, typer.Option(min=1, max=200, help="Images shown of each run, from either end.")
    ] = 12,
    json: JsonOption = False,
) -> None:
    """Write where attention goes wrong: one HTML file and one PDF, to read, print or send."""
    table = None if boxes is None else str(boxes)
    chosen = tuple(run) if run else None
    result = run_job(ReportRequest(str(project), str(out), chosen, table, examples), quiet=json)
    if json:
        print_json(result)
        return
    typer.echo(f"{result['html']}\n{result['pdf']}")


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright measure birds", "all measures of the newest run"),
            Example("boxwright measure birds --quick", "in seconds, from the stored maps"),
        )
    )(measure)
    app.command(
        epilog=epilog(
            Example("boxwright report birds --out birds-report", "of the newest run"),
            Example(
                "boxwright report birds --out r --run 2 --run 4 --boxes boxes.csv",
                "compares two runs, against true boxes",
            ),
        )
    )(report)
