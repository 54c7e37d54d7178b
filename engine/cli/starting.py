"""``boxwright start``: several methods at once, the one that looks best used."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.options import project_boxes
from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, job, print_json, run_job
from engine.cli.training import (
    DEFAULTS,
    DeviceOption,
    EpochsOption,
    SplitOption,
    WeightsOption,
    training_settings,
)
from engine.jobs.requests import QuickStartRequest

_METHODS = ["cam", "dgdm"]


def start(
    project: ProjectArgument,
    method: Annotated[
        list[str] | None, typer.Option(help="May be repeated. [default: cam, dgdm]")
    ] = None,
    backbone: Annotated[str, typer.Option(help="The network.")] = DEFAULTS.backbone,
    weights: WeightsOption = None,
    epochs: EpochsOption = None,
    seed: Annotated[int, typer.Option(min=0)] = DEFAULTS.seed,
    device: DeviceOption = DEFAULTS.device,
    split: SplitOption = None,
    json: JsonOption = False,
) -> None:
    """Train several methods, propose with each, and keep the boxes that look best.

    Started again it goes on behind the last finished training. Accepted boxes decide later
    (boxwright learn)."""
    with job(quiet=True):
        overrides = {"weights": weights, "epochs": epochs}
        trainings = tuple(
            training_settings(
                {
                    "method": name,
                    "options": {},
                    "backbone": backbone,
                    "seed": seed,
                    "device": device,
                },
                overrides,
            )
            for name in dict.fromkeys(method or _METHODS)
        )
        boxes = project_boxes(project, None, None, None)
    split_text = None if split is None else str(split)
    request = QuickStartRequest(str(project), trainings, split_text, boxes=boxes)
    result = run_job(request, quiet=json)
    if json:
        print_json(result)
        return
    for run_id, guess in result["guesses"].items():
        mark = ", used" if int(run_id) == result["used"] else ""
        typer.echo(f"Run {run_id}: looks like {guess:.2f}{mark}")
    typer.echo(f"{result['boxes']} boxes on {result['images']} images")


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright start birds", "CAM and DGDM, then the better looking boxes"),
            Example("boxwright start birds --method cam --method adl --seed 1", "two others"),
        )
    )(start)
