"""``boxwright import``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, print_json, run_job
from engine.domain.imports import Existing, ImportAs, MatchBy
from engine.jobs.requests import ImportRequest

#: How many of the things that could not be used are printed.
_SHOWN = 20


class SourceFormat(StrEnum):
    AUTO = "auto"
    COCO = "coco"
    VOC = "voc"
    YOLO = "yolo"
    CSV = "csv"


class StartState(StrEnum):
    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"


BecomeOption = Annotated[
    ImportAs, typer.Option("--as", help="True boxes to evaluate with, annotations, or proposals.")
]
FormatOption = Annotated[
    SourceFormat, typer.Option(help="What it is; auto looks at the names of its files.")
]
ExistingOption = Annotated[
    Existing, typer.Option(help="What becomes of images that have such boxes already.")
]
MatchOption = Annotated[
    MatchBy, typer.Option(help="How images are found: path, file name, or content.")
]
StateOption = Annotated[
    StartState, typer.Option(help="Review state of annotated images, if the file says none.")
]
FirstPixelOption = Annotated[
    int | None, typer.Option(min=0, max=1, help="VOC: what its first pixel is called.")
]
SkipOption = Annotated[
    bool, typer.Option("--skip-unusable", help="Import the rest where lines cannot be used.")
]
ReportOption = Annotated[
    Path | None, typer.Option(help="CSV file to list everything that cannot be used.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
]


def import_(
    project: ProjectArgument,
    source: Annotated[Path, typer.Argument(help="File or folder with the boxes.")],
    become: BecomeOption = ImportAs.ANNOTATIONS,
    format: FormatOption = SourceFormat.AUTO,
    existing: ExistingOption = Existing.KEEP,
    match: MatchOption = MatchBy.AUTO,
    state: StateOption = StartState.UNREVIEWED,
    first_pixel: FirstPixelOption = None,
    skip_unusable: SkipOption = False,
    report: ReportOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Take boxes of another tool into a project, as one step that undo takes back."""
    request = ImportRequest(
        project=str(project),
        source=str(source),
        format=format.value,
        become=become.value,
        existing=existing.value,
        match=match.value,
        state=state.value,
        one_based=None if first_pixel is None else first_pixel == 1,
        skip_unusable=skip_unusable,
        report=None if report is None else str(report),
        dry_run=dry_run,
    )
    result = run_job(request, quiet=json)
    print_json(result) if json else _print_result(result)


def _print_result(result: dict[str, Any]) -> None:
    out = Console()
    table = Table("class", "boxes in the file", "")
    for name, count in result["boxes_per_class"].items():
        table.add_row(name, str(count), "new" if name in result["new_classes"] else "")
    out.print(table)
    would = "would change" if result["dry_run"] else "changed"
    out.print(
        f"{result['format']}: {result['images_matched']} of {result['images_in_file']} images are "
        f"in the project. {result['images_changed']} {would}: {result['boxes_added']} boxes come, "
        f"{result['boxes_removed']} go; {result['images_kept']} images keep what they have.",
        highlight=False,
    )
    if count := result["images_known_empty"]:
        out.print(f"{count} images are known to be empty: no box there is right.", highlight=False)
    if count := result["images_without_truth"]:
        text = f"Of {count} images it has no box and does not say that they are empty: no truth."
        out.print(f"warning: {text}", style="yellow", highlight=False)
    for message in result["unmatched_names"][:_SHOWN]:
        out.print(f"warning: {message}", style="yellow", markup=False, highlight=False)
    _print_more(out, result["unmatched"], "images are not in the project")
    for file, place, message in result["problems"][:_SHOWN]:
        where = ", ".join(part for part in (file, place) if part)
        out.print(f"unusable: {where}: {message}", style="red", markup=False, highlight=False)
    _print_more(out, result["problem_count"], "entries cannot be used")


def _print_more(out: Console, count: int, what: str) -> None:
    if count > _SHOWN:
        out.print(f"... {count} {what} in all; --report lists them.", markup=False)


def register(app: typer.Typer) -> None:
    app.command(
        "import",
        epilog=epilog(
            Example("boxwright import birds birds-coco --dry-run", "what would change"),
            Example("boxwright import birds boxes.csv --as truth", "to evaluate with"),
            Example("boxwright import birds VOC2012 --first-pixel 1", "annotations to go on from"),
            Example("boxwright import birds results.json --as proposals", "of another detector"),
        ),
    )(import_)
