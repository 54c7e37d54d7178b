"""``boxwright export``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, print_json, run_job
from engine.exchange.pictures import ImageFiles
from engine.jobs.requests import ExportRequest


class Format(StrEnum):
    COCO = "coco"
    VOC = "voc"


def export(
    project: ProjectArgument,
    format: Annotated[Format, typer.Option(help="What to write.")],
    out: Annotated[Path, typer.Option(help="Folder to write; made whole or not at all.")],
    include_unreviewed: Annotated[
        bool, typer.Option("--include-unreviewed", help="Also the proposals nobody looked at.")
    ] = False,
    images: Annotated[
        ImageFiles,
        typer.Option(help="Leave the images where they are, copy, link, or write upright JPEG."),
    ] = ImageFiles.LEAVE,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the folder if it is there.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write the accepted and corrected boxes."""
    request = ExportRequest(
        str(project), format.value, str(out), include_unreviewed, overwrite, images.value
    )
    result = run_job(request, quiet=json)
    if json:
        print_json(result)
    else:
        typer.echo(f"{result['boxes']} boxes on {result['images']} images: {result['out']}")


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright export birds --format coco --out birds-coco", "reviewed boxes"),
            Example(
                "boxwright export birds --format voc --out VOCdevkit --include-unreviewed",
                "all boxes",
            ),
        )
    )(export)
