"""``boxwright new`` and ``boxwright status``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from engine.cli.output import results
from engine.cli.running import Example, epilog, job, print_json, run_job
from engine.domain.settings import ClassFrom
from engine.jobs.requests import IndexRequest

if TYPE_CHECKING:
    from engine.domain.records import ProjectSummary

ProjectArgument = Annotated[Path, typer.Argument(help="The project's folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def new(
    project: ProjectArgument,
    images: Annotated[Path, typer.Option(help="Folder of images; it is never written to.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="CSV with the header image,class; else classes are folder names."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(help="Layout of a public data set: auto, cub, ilsvrc, cars or folder."),
    ] = None,
    class_from: Annotated[
        ClassFrom | None,
        typer.Option(help="Which of nested folders names the class; default: first."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a project from a folder of images, or bring an existing one up to date.

    With --dataset the true boxes and splits of the data set come along.
    """
    labels_text = None if labels is None else str(labels)
    request = IndexRequest(str(project), str(images), labels_text, dataset, class_from)
    result = run_job(request, quiet=json)
    if json:
        print_json(result)
        return
    typer.echo(f"{result['images']} images in {result['classes']} classes: {result['project']}")
    if dataset:
        splits = ", ".join(f"{count} {name}" for name, count in result["splits"].items())
        typer.echo(
            f"{result['dataset']}: {result['true_boxes']} true boxes; {splits or 'no split'}"
        )
    if result["problems"]:
        typer.echo(f"{result['problems']} of them cannot be used; boxwright status says why.")


def status(project: ProjectArgument, json: JsonOption = False) -> None:
    """Say what is in a project: images, review states, runs."""
    with job(quiet=True):
        from engine.store.images import list_images
        from engine.store.project import Project
        from engine.store.summary import summary

        with Project.open(project) as opened, opened.read() as connection:
            found = summary(connection)
            images = list_images(connection, usable_only=False)
    problems = {image.path: image.problem for image in images if image.problem}
    if json:
        print_json(asdict(found) | {"problem_images": problems})
        return
    _print_summary(found)
    for path, problem in problems.items():
        typer.echo(f"{path}: {problem}")


def _print_summary(found: ProjectSummary) -> None:
    out = results()
    out.print(f"[bold]{found.name}[/bold]  images in {found.image_root}", highlight=False)
    table = Table("class", "images")
    for name, count in found.classes.items():
        table.add_row(name, str(count))
    out.print(table)
    states = "  ".join(f"{state} {count}" for state, count in found.states.items())
    out.print(f"{found.images} images, {found.problems} unusable; {states}", highlight=False)
    out.print(f"{found.annotations} annotations", highlight=False)
    if found.runs:
        runs = Table("run", "kind", "state", "settings", "started")
        for record in found.runs:
            started = record.created_at.astimezone().strftime("%Y-%m-%d %H:%M")
            runs.add_row(
                str(record.id), record.kind, record.state, _settings(record.settings), started
            )
        out.print(runs)


def _settings(settings: dict[str, object]) -> str:
    chosen = settings.get("train") or settings.get("maps") or {}
    assert isinstance(chosen, dict)
    shown = ("method", "backbone", "epochs", "seed", "kind", "flip")
    return " ".join(f"{name}={chosen[name]}" for name in shown if name in chosen)


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright new birds --images ~/pictures/birds", "classes from folder names"),
            Example("boxwright new birds --images ~/pictures --labels labels.csv", "from a CSV"),
            Example("boxwright new birds --images ~/tree --class-from last", "genus/species/1.jpg"),
            Example(
                "boxwright new cub --images ~/CUB_200_2011 --dataset cub",
                "with its splits and true boxes",
            ),
        )
    )(new)
    app.command(epilog=epilog(Example("boxwright status birds --json", "for a script")))(status)
