"""``boxwright train`` and ``propose``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.options import parse_options, parse_scales, project_boxes
from engine.cli.projects import JsonOption, ProjectArgument
from engine.cli.running import Example, epilog, job, print_json, run_job
from engine.domain.settings import BoxSettings, MapKind, MapSettings, Normalisation, TrainSettings
from engine.jobs.ranks import this_rank
from engine.jobs.requests import ProposeRequest, TrainRequest

DEFAULTS = TrainSettings()
MAP_DEFAULTS = MapSettings()
RunOption = Annotated[
    int | None, typer.Option(help="Training run; the latest finished one if not given.")
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(min=0.0, max=1.0, help="Threshold of the score map; else the project's."),
]
NormalisationOption = Annotated[
    Normalisation | None, typer.Option(help="Of the score map; else the project's.")
]
WeightsOption = Annotated[
    str | None,
    typer.Option(help="imagenet (downloaded once), none, or a file; default: the backbone's."),
]
EpochsOption = Annotated[int | None, typer.Option(min=1, help="Default: the backbone's.")]
SplitOption = Annotated[
    Path | None,
    typer.Option(help="CSV image,class,split, or imported: train on the rows named train."),
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]


def train(
    project: ProjectArgument,
    method: Annotated[str, typer.Option(help="How the network is trained.")] = DEFAULTS.method,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="A hyper-parameter of the method, as NAME=VALUE."),
    ] = None,
    backbone: Annotated[str, typer.Option(help="The network.")] = DEFAULTS.backbone,
    insertion: Annotated[
        str, typer.Option(help="Insertion points: a preset, or names with commas.")
    ] = DEFAULTS.insertion,
    large_map: Annotated[
        bool,
        typer.Option("--large-map", help="A score map of twice the side; ResNets and VGG16."),
    ] = DEFAULTS.large_map,
    weights: WeightsOption = None,
    epochs: EpochsOption = None,
    batch_size: Annotated[int, typer.Option(min=1)] = DEFAULTS.batch_size,
    learning_rate: Annotated[float | None, typer.Option(min=0.0)] = None,
    seed: Annotated[int, typer.Option(min=0)] = DEFAULTS.seed,
    device: DeviceOption = DEFAULTS.device,
    split: SplitOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest training, as it was set up.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train on the image labels. Ctrl+C stops; --resume goes on from the last epoch."""
    with job(quiet=True):
        settings = training_settings(
            {
                "method": method,
                "options": parse_options(option or []),
                "backbone": backbone,
                "insertion": insertion,
                "large_map": large_map,
                "batch_size": batch_size,
                "seed": seed,
                "device": device,
            },
            {"weights": weights, "epochs": epochs, "learning_rate": learning_rate},
        )
    split_text = None if split is None else str(split)
    result = run_job(TrainRequest(str(project), settings, split_text, resume), quiet=json)
    if not this_rank().leads:
        return
    if json:
        print_json(result)
        return
    figures = "  ".join(f"{name} {value:.3g}" for name, value in result["metrics"].items())
    typer.echo(f"Run {result['run']}: {result['epochs']} epochs  {figures}\n{result['checkpoint']}")


def training_settings(chosen: dict[str, Any], overrides: dict[str, Any]) -> TrainSettings:
    """The backbone's recipe with what a person chose; an override of None means the recipe's."""
    from engine.jobs.catalogue import recipe

    base = recipe(chosen["backbone"], chosen["method"])
    options = base.options | chosen.pop("options")
    given = {name: value for name, value in overrides.items() if value is not None}
    return replace(base, **chosen, options=options, **given)


def propose(
    project: ProjectArgument,
    run: RunOption = None,
    threshold: ThresholdOption = None,
    normalisation: NormalisationOption = None,
    multiple: Annotated[
        bool | None, typer.Option("--multiple/--largest", help="Every component, or the largest.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all/--unreviewed", help="Reviewed images too; their boxes stay."),
    ] = False,
    boxes_only: Annotated[
        bool, typer.Option("--boxes-only", help="From the stored score maps, without a network.")
    ] = False,
    class_name: Annotated[
        str | None,
        typer.Option("--class", help="Only images of this class; the others keep theirs."),
    ] = None,
    flip: Annotated[
        bool, typer.Option(help="Average with the map of the mirrored image.")
    ] = MAP_DEFAULTS.flip,
    kind: Annotated[
        MapKind, typer.Option("--map", help="What the score map is made of.")
    ] = MAP_DEFAULTS.kind,
    layer: Annotated[
        str, typer.Option(help="Of gradcam and layercam: a module of the backbone; else its last.")
    ] = MAP_DEFAULTS.layer,
    scales: Annotated[
        str, typer.Option(help="Sizes to average over, with commas; 1 is the size of training.")
    ] = "1",
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Compute score maps and propose boxes; what a person decided is never touched."""
    leads = this_rank().leads
    with job(quiet=True):
        given = (threshold, normalisation, multiple)
        boxes = project_boxes(project, *given) if leads else BoxSettings()
        sizes = parse_scales(scales)
    maps = MapSettings(flip=flip, kind=kind, layer=layer, scales=sizes, device=device)
    request = ProposeRequest(str(project), run, maps, boxes, boxes_only, every, class_name)
    result = run_job(request, quiet=json)
    if not leads:
        return
    if json:
        print_json(result)
    else:
        typer.echo(f"Run {result['run']}: {result['boxes']} boxes on {result['images']} images")


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright train birds", "DGDM on SqueezeNet with ImageNet weights"),
            Example("boxwright train birds --method cam --seed 1", "plain CAM, to compare"),
            Example("boxwright train birds --weights none --backbone compact", "no download"),
            Example("boxwright train birds -o beta=2.5 -o block_h=3", "the method's own options"),
            Example("boxwright train birds --backbone resnet50 --large-map", "maps of 28 x 28"),
            Example("boxwright train birds --insertion features.10,features.12", "two points"),
            Example("boxwright train birds --resume", "goes on with an interrupted training"),
        )
    )(train)
    app.command(
        epilog=epilog(
            Example("boxwright propose birds", "boxes for what is not reviewed"),
            Example("boxwright propose birds --boxes-only --threshold 0.3", "no network needed"),
            Example(
                "boxwright propose birds --boxes-only --class heron --threshold 0.2", "one class"
            ),
            Example("boxwright propose birds --map layercam --layer features.10", "another map"),
            Example("boxwright propose birds --scales 0.75,1,1.25 --flip", "the mean of six views"),
        )
    )(propose)
