"""``boxwright export``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, fail, print_json, run_job
from engine.domain.errors import InputError
from engine.domain.records import ReviewState
from engine.exchange.counts import NO_SPLIT, SPLITS
from engine.exchange.pictures import ImageFiles
from engine.jobs.requests import ExportRequest


class Format(StrEnum):
    COCO = "coco"
    VOC = "voc"
    YOLO = "yolo"
    CSV = "csv"


class SplitBy(StrEnum):
    NONE = "none"
    RATIO = "ratio"
    IMPORTED = "imported"


FormatOption = Annotated[Format, typer.Option("--format", help="What to write.")]
OutOption = Annotated[
    Path, typer.Option("--out", help="Folder to write; made whole or not at all.")
]
UnreviewedOption = Annotated[
    bool, typer.Option("--include-unreviewed", help="Also the proposals nobody looked at.")
]
ImagesOption = Annotated[
    ImageFiles,
    typer.Option(help="Leave the images where they are, copy, link, or write upright JPEG."),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace the folder if it is there.")
]
StateOption = Annotated[
    list[ReviewState] | None,
    typer.Option(help="Review states that go out; may be repeated. [accepted, corrected]"),
]
ClassOption = Annotated[
    list[str] | None, typer.Option("--class", help="Only this class; may be repeated.")
]
MinScoreOption = Annotated[
    float, typer.Option(min=0, max=1, help="Lowest score of a proposal that goes out.")
]
SplitOption = Annotated[
    SplitBy, typer.Option(help="Train, val and test by ratio, or as an import brought them.")
]
RatiosOption = Annotated[
    str | None,
    typer.Option(help="Shares of train,val,test, as 80,10,10; asks for --split ratio. [70,15,15]"),
]
SeedOption = Annotated[int, typer.Option(help="Another seed, another choice.")]
StratifiedOption = Annotated[
    bool, typer.Option(help="Share out each class by itself, or all images together.")
]
SplitsOption = Annotated[
    Path | None, typer.Option(help="CSV with the columns image and split, to take them from.")
]
FirstPixelOption = Annotated[
    int, typer.Option(min=0, max=1, help="What VOC calls the first pixel: 1 as its devkit.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
]


def export(
    project: ProjectArgument,
    format: FormatOption,
    out: OutOption,
    include_unreviewed: UnreviewedOption = False,
    images: ImagesOption = ImageFiles.LEAVE,
    overwrite: OverwriteOption = False,
    state: StateOption = None,
    class_: ClassOption = None,
    min_score: MinScoreOption = 0.0,
    split: SplitOption = SplitBy.NONE,
    ratios: RatiosOption = None,
    seed: SeedOption = 0,
    stratified: StratifiedOption = True,
    splits: SplitsOption = None,
    first_pixel: FirstPixelOption = 1,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write boxes for a trainer: by default the accepted and corrected ones."""
    request = ExportRequest(
        str(project),
        format.value,
        str(out),
        include_unreviewed=include_unreviewed,
        overwrite=overwrite,
        images=images.value,
        one_based=first_pixel == 1,
        dry_run=dry_run,
        **_chosen(state, class_, min_score),
        **_shared_out(split, ratios, seed, stratified, splits),
    )
    result = run_job(request, quiet=json)
    print_json(result) if json else _print_result(result, dry_run)


def _chosen(
    states: list[ReviewState] | None, classes: list[str] | None, min_score: float
) -> dict[str, Any]:
    """What goes out."""
    return {
        "states": tuple(s.value for s in states) if states else ("accepted", "corrected"),
        "classes": tuple(classes) if classes else None,
        "min_score": min_score,
    }


def _shared_out(
    split: SplitBy, ratios: str | None, seed: int, stratified: bool, table: Path | None
) -> dict[str, Any]:
    """Into which splits; ratios or a table ask for one by themselves."""
    if table is not None:
        split = SplitBy.IMPORTED
    elif ratios is not None and split is SplitBy.NONE:
        split = SplitBy.RATIO
    return {
        "split": split.value,
        "ratios": _ratios(ratios or "70,15,15"),
        "seed": seed,
        "stratified": stratified,
        "splits_csv": None if table is None else str(table),
    }


def _print_result(result: dict[str, Any], dry_run: bool) -> None:
    if dry_run:
        _print_preview(result)
        if result["refused"]:
            raise typer.Exit(1)
    else:
        typer.echo(f"{result['boxes']} boxes on {result['images']} images: {result['out']}")


def _ratios(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        fail(InputError(f"{text!r} are no ratios.", remedy="For example: --ratios 70,15,15"))
        raise


def _print_preview(result: dict[str, Any]) -> None:
    """Boxes per class and split, then what a person should know."""
    splits = [name for name in (*SPLITS, NO_SPLIT) if name in result["images_per_split"]]
    table = Table("class", *splits, "boxes")
    for name, per_split in result["boxes_per_class_and_split"].items():
        counts = [per_split.get(split, 0) for split in splits]
        table.add_row(name, *map(str, counts), str(sum(counts)))
    images = [result["images_per_split"][split] for split in splits]
    table.add_section()
    table.add_row("images", *map(str, images), str(sum(images)))
    out = Console()
    out.print(table)
    empty = result["images_without_boxes"]
    out.print(f"{result['boxes']} boxes on {result['images']} images, {empty} without boxes")
    for warning in result["warnings"]:
        out.print(f"warning: {warning}", style="yellow", markup=False, highlight=False)
    out.print(f"Nothing was written; this would go to {result['out']}", markup=False)


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright export birds --format coco --out birds-coco", "reviewed boxes"),
            Example(
                "boxwright export birds --format voc --out VOCdevkit/VOC2012 --images jpeg",
                "as torchvision reads it",
            ),
            Example(
                "boxwright export birds --format yolo --out birds-yolo --images copy --split ratio",
                "as Ultralytics trains on it",
            ),
            Example(
                "boxwright export birds --format csv --out all --include-unreviewed --dry-run",
                "counts only",
            ),
        )
    )(export)
