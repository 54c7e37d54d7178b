"""``boxwright learn``, ``learning-curve`` and ``simulate``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, job, print_json, run_job
from engine.domain.errors import InputError
from engine.jobs.requests import LearnRequest

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


def learn(
    project: ProjectArgument,
    run: RunOption = None,
    update: Annotated[
        bool, typer.Option("--update", help="Go on from what was learned before: seconds.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Learn from the boxes you accepted, and propose better ones for what is not reviewed."""
    result = run_job(LearnRequest(str(project), run, update), quiet=json)
    if json:
        print_json(result)
        return
    if result["run"] is None:
        typer.echo("There is nothing to learn from yet: accept or draw some boxes first.")
        return
    for item in result["judged"]:
        interval = f"{item['low']:.2f} to {item['high']:.2f}"
        typer.echo(
            f"{item['name']}: {item['score']:.2f} ({interval}), right {item['hit_50']:.0%}"
            f" of {item['boxes']} accepted boxes"
        )
    error = result["quality"]["50"]["expected_error"]
    typer.echo(
        f"Run {result['run']}: {result['boxes']} boxes on {result['images']} images by"
        f" {result['used']}; estimates are off by {error:.0%} in the mean"
    )


def simulate(
    project: ProjectArgument,
    boxes: BoxesOption,
    verify: Annotated[float, typer.Option(min=0, help="Seconds to judge a box.")] = 1.6,
    correct: Annotated[float, typer.Option(min=0, help="Seconds to mend one.")] = 4.0,
    draw: Annotated[float, typer.Option(min=0, help="Seconds to draw one.")] = 7.0,
    move_on: Annotated[float, typer.Option(min=0, help="Seconds to the next image.")] = 0.4,
    measured_times: Annotated[
        bool, typer.Option("--measured-times", help="Seconds from this project's own log.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Repetitions.")] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Decisions before it learns.")] = 10,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Of the reviewed images chosen by chance.")
    ] = 0.2,
    promise: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Share of right boxes in the rest.")
    ] = 0.95,
    accept_rest: Annotated[
        bool, typer.Option(help="Accept the rest once the promise holds, or review every image.")
    ] = True,
    run: RunOption = None,
    json: JsonOption = False,
) -> None:
    """Say what a correct box costs: draw all, verify only, or the learning loop, replayed."""
    with job(quiet=json) as reporter:
        from engine.workflows import simulate as simulation
        from engine.workflows.annotator import Costs
        from engine.workflows.replay import SimulateRequest

        request = SimulateRequest(
            project=str(project),
            boxes=boxes,
            costs=Costs(verify, correct, draw, move_on),
            measured_times=measured_times,
            seeds=seeds,
            batch=batch,
            share=share,
            promise=promise,
            accept_rest=accept_rest,
            run=run,
        )
        found = simulation.simulate(request, reporter)
    if json:
        print_json({name: asdict(result) for name, result in found.items()})
        return
    table = Table("strategy", "s per box at 0.5", "at 0.7", "boxes", "correct 0.5", "correct 0.7")
    for name, result in found.items():
        figures = (result.seconds_per_box_50, result.seconds_per_box_70)
        counts = (result.boxes, result.correct_50, result.correct_70)
        table.add_row(name, *(f"{f:.2f}" for f in figures), *(f"{c:.0f}" for c in counts))
    Console().print(table)


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright learn birds", "better boxes for what is not reviewed"),
            Example("boxwright learn birds --update", "after some more decisions, in seconds"),
        )
    )(learn)
    app.command(
        epilog=epilog(
            Example("boxwright simulate birds --boxes boxes.csv", "seconds per correct box"),
            Example("boxwright simulate birds --boxes boxes.csv --draw 12", "other costs"),
        )
    )(simulate)
    app.command(
        "learning-curve",
        epilog=epilog(
            Example(
                "boxwright learning-curve birds --boxes boxes.csv --split splits.csv",
                "0, 1, 5 and 30 accepted boxes per class, three times",
            ),
        ),
    )(learning_curve)
