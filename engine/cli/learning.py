"""``boxwright learn``, ``learning-curve`` and ``simulate``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, job, print_json
from engine.domain.errors import InputError

if TYPE_CHECKING:
    from engine.workflows.learning_curve import CurvePoint

BoxesOption = Annotated[Path, typer.Option(help="CSV of true boxes.")]
RunOption = Annotated[int | None, typer.Option(help="Training run; that of the newest maps.")]


def learning_curve(
    project: ProjectArgument,
    boxes: BoxesOption,
    split: Annotated[Path, typer.Option(help="CSV image,class,split: accept on train.")],
    per_class: Annotated[
        str, typer.Option(help="Numbers of accepted boxes per class, with commas.")
    ] = "0,1,5,30",
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions with other boxes.")] = 3,
    run: RunOption = None,
    json: JsonOption = False,
) -> None:
    """Say what accepted boxes are worth: accept some true ones, learn, report on the test rows.

    The project stays as it was; only computed features are kept in its cache."""
    with job(quiet=json) as reporter:
        counts = parse_counts(per_class)
        from engine.workflows import learning_curve as curve

        request = curve.CurveRequest(str(project), boxes, split, counts, seeds, run)
        points = curve.learning_curve(request, reporter)
    if json:
        print_json([asdict(point) for point in points])
    else:
        _print_curve(points)


def parse_counts(text: str) -> tuple[int, ...]:
    """``"0,1,5"`` as numbers. Raises InputError for anything else."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(
            f"{text!r} is no list of whole numbers.", remedy="For example: --per-class 0,1,5,30"
        ) from error


def _print_curve(points: list[CurvePoint]) -> None:
    table = Table("per class", "seed", "GT-known Loc", "MaxBoxAcc", "MaxBoxAccV2", "s", "by")
    for point in points:
        figures = (point.gt_known_loc, point.max_box_acc, point.max_box_acc_v2, point.seconds)
        by = "box model" if point.from_model else point.source
        table.add_row(str(point.per_class), str(point.seed), *(f"{f:.1f}" for f in figures), by)
    Console().print(table)


def register(app: typer.Typer) -> None:
    app.command(
        "learning-curve",
        epilog=epilog(
            Example(
                "boxwright learning-curve birds --boxes boxes.csv --split splits.csv",
                "0, 1, 5 and 30 accepted boxes per class, three times",
            ),
        ),
    )(learning_curve)
