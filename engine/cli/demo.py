"""``boxwright demo``: the sample project, in the window or without one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import platformdirs
import typer
from rich.table import Table

from engine.cli.output import results
from engine.cli.running import Example, epilog, job, run_job
from engine.cli.window import has_display, open_window
from engine.jobs.requests import SampleRequest

if TYPE_CHECKING:
    from engine.workflows.demo import DemoResult


def default_folder() -> Path:
    return platformdirs.user_data_path("boxwright") / "sample"


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Do the whole job without a window.")
    ] = False,
    project: Annotated[
        Path | None, typer.Option(help="Where the sample goes; kept and used again.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the generated scenes.")] = 0,
) -> None:
    """Make the sample project and open the window on it.

    Without a display, or with --headless: index, train, propose, export, and print the results
    beside the sample's true boxes.
    """
    folder = (project or default_folder()).expanduser()
    if headless or not has_display():
        with job() as reporter:
            from engine.workflows.demo import run_demo

            result = run_demo(folder, seed, reporter)
        _print_result(result)
        return
    sample = run_job(SampleRequest(str(folder), seed))
    raise typer.Exit(open_window(Path(sample["project"])))


def _print_result(result: DemoResult) -> None:
    out = results()
    table = Table(
        "class", "test images", "mean IoU", "IoU >= 0.5", title="Proposals and true boxes"
    )
    for row in result.classes:
        share = f"{row.hits} ({100 * row.hits / row.images:.0f} %)"
        table.add_row(row.name, str(row.images), f"{row.mean_iou:.2f}", share)
    out.print(table)
    figures = result.evaluation
    out.print(
        f"GT-known Loc {figures.gt_known_loc:.1f} %   Top-1 Clas {figures.top1_clas:.1f} %   "
        f"Top-1 Loc {figures.top1_loc:.1f} %   best centred box {figures.centre_box:.1f} %"
    )
    out.print(
        f"From nothing to proposals in {result.seconds_to_proposals:.0f} s,"
        f" {result.seconds:.0f} s in all."
    )
    for title, path in (
        ("Project", result.project),
        *(("Export", path) for path in result.exports),
        ("Contact sheet", result.contact_sheet),
    ):
        typer.echo(f"{title}: {path}")


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright demo", "opens the window on the sample"),
            Example("boxwright demo --headless --project /tmp/sample", "does it without a window"),
        )
    )(demo)
