"""``boxwright evaluate``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from engine.cli.options import project_boxes
from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, job, print_json
from engine.cli.training import NormalisationOption, RunOption, ThresholdOption

if TYPE_CHECKING:
    from engine.localization.evaluation import Evaluation
    from engine.localization.groups import GroupFigures

Row = tuple[str, float | None, str | None]  # title, figure, name of its interval


def evaluate(
    project: ProjectArgument,
    boxes: Annotated[
        Path | None, typer.Option(help="CSV of true boxes; else those that were imported.")
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(help="CSV image,class,split: report on test, choose thresholds elsewhere."),
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="Folder of true masks, a/b.png for image a/b.jpg: PxAP.")
    ] = None,
    run: RunOption = None,
    threshold: ThresholdOption = None,
    normalisation: NormalisationOption = None,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="A row of figures for every class.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Compare the stored score maps with true boxes."""
    with job(quiet=json) as reporter:
        from engine.workflows.evaluate import EvaluateRequest, evaluate_project

        settings = project_boxes(project, threshold, normalisation, None)
        request = EvaluateRequest(str(project), boxes, split, run, settings, masks)
        found = evaluate_project(request, reporter)
    if json:
        print_json(asdict(found))
        return
    _print_figures(found)
    if per_class:
        _print_groups(found)


def _print_figures(found: Evaluation) -> None:
    table = Table("measure", "%", "95 % interval", title=f"{found.images} images")
    for title, value, name in _rows(found):
        if value is not None:
            low_high = found.intervals.get(name or "")
            interval = "" if low_high is None else f"{low_high[0]:.1f} - {low_high[1]:.1f}"
            table.add_row(title, f"{value:.1f}", interval)
    Console().print(table)
    if found.empty_images:
        text = f"{found.empty_images} more images are known to be empty"
        Console().print(f"{text}; each of their {found.false_boxes} boxes is a false one.")


def _rows(found: Evaluation) -> list[Row]:
    chosen = found.threshold_split or found.threshold_from
    rows: list[Row] = [
        (f"GT-known Loc (threshold {found.threshold:.3g})", found.gt_known_loc, "gt_known_loc"),
        ("Top-1 Clas", found.top1_clas, "top1_clas"),
        ("Top-1 Loc", found.top1_loc, "top1_loc"),
        ("Top-5 Loc", found.top5_loc, "top5_loc"),
        (
            f"MaxBoxAcc (threshold {found.best_threshold:.3g}, from {chosen})",
            found.max_box_acc,
            "max_box_acc",
        ),
        (f"MaxBoxAccV2 (thresholds from {chosen})", found.max_box_acc_v2, "max_box_acc_v2"),
        (f"PxAP ({found.pxap_images} images with masks)", found.pxap, "pxap"),
        ("best centred box", found.centre_box, None),
    ]
    if found.oracle is not None and found.threshold_from != "oracle":
        rows.append(("oracle MaxBoxAcc", found.oracle.max_box_acc, None))
        rows.append(("oracle MaxBoxAccV2", found.oracle.max_box_acc_v2, None))
    return rows


def _print_groups(found: Evaluation) -> None:
    titles = ("GT-known Loc", "Top-1 Clas", "Top-1 Loc", "MaxBoxAcc", "MaxBoxAccV2")
    table = Table("class", "images", *titles)
    for row in found.classes:
        table.add_row(*_cells(row))
    if found.several is not None:
        table.add_section()
        table.add_row(*_cells(found.several))
    Console().print(table)


def _cells(row: GroupFigures) -> list[str]:
    figures = (row.gt_known_loc, row.top1_clas, row.top1_loc, row.max_box_acc, row.max_box_acc_v2)
    return [row.name, str(row.images), *(f"{value:.1f}" for value in figures)]


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright evaluate birds --boxes boxes.csv --json", "for a script"),
            Example(
                "boxwright evaluate birds --boxes boxes.csv --split splits.csv",
                "reports on the test rows",
            ),
            Example("boxwright evaluate birds --per-class", "with imported true boxes"),
        )
    )(evaluate)
