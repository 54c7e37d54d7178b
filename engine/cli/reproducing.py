"""``boxwright reproduce``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.projects import JsonOption
from engine.cli.running import Example, epilog, job, print_json
from engine.cli.training import DeviceOption

if TYPE_CHECKING:
    from engine.workflows.reproduce import RowResult, Spread, TableResult


def reproduce(
    table: Annotated[str, typer.Argument(help="table1, table2, table3 or table4 of the paper.")],
    data: Annotated[
        Path, typer.Option(help="The data set: CUB-200-2011, ILSVRC, Stanford Cars, or a folder.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Where cells and results go; default: reproduce/TABLE.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="The same grid: ten classes, SqueezeNet, 4 epochs.")
    ] = False,
    backbone: Annotated[str | None, typer.Option(help="In every row, not the paper's.")] = None,
    weights: Annotated[
        str | None, typer.Option(help="imagenet, none, or a file; default: the backbone's.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: 50, or 4.")] = None,
    seeds: Annotated[str, typer.Option(help="One or more, with commas.")] = "0",
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Measure a table of the paper, its figures beside. Started again, it goes on."""
    with job(quiet=json) as reporter:
        from engine.workflows.reproduce import ReproduceRequest
        from engine.workflows.reproduce import reproduce as measure

        request = ReproduceRequest(
            table,
            data.expanduser().resolve(),
            (out or Path("reproduce") / f"{table}{'-quick' if quick else ''}").expanduser(),
            quick,
            backbone,
            weights,
            epochs,
            _seeds(seeds),
            device,
        )
        found = measure(request, reporter)
    if json:
        print_json(asdict(found))
    else:
        _print(found)


def _seeds(text: str) -> tuple[int, ...]:
    from engine.domain.errors import InputError

    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise InputError(f"{text!r} is no list of seeds.", remedy="For example: --seeds 0,1,2")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _print(found: TableResult) -> None:
    """A table in Markdown, whatever the terminal's width, to be kept as it is."""
    from engine.workflows.paper_tables import TITLES

    seeds = ", ".join(map(str, found.seeds))
    typer.echo(
        f"{found.title}: published / measured\n\nMeasured on {found.dataset}, {found.images} test"
        f" images, {found.epochs} epochs, seed {seeds}; the best centred box hits"
        f" {found.centre_box:.1f} %.\n"
    )
    titles = ["row", "backbone", *(TITLES[name] for name in found.figures)]
    typer.echo(_line([*titles, "training, s", "peak, MB"]))
    typer.echo("|---" * (len(titles) + 2) + "|")
    for row in found.rows:
        cells = [_cell(row, name) for name in found.figures]
        mark = "+" if row.resumed else ""
        cost = [f"{row.seconds:.0f}{mark}", f"{row.peak_mb:.0f}{mark}"]
        typer.echo(_line([row.title, row.backbone, *cells, *cost]))
    if any(row.resumed for row in found.rows):
        typer.echo("\n+ without what was trained before it was stopped and resumed")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: RowResult, name: str) -> str:
    published = row.published.get(name)
    measured = row.measured.get(name)
    return f"{'-' if published is None else f'{published:.2f}'} / {_spread(measured)}"


def _spread(measured: Spread | None) -> str:
    if measured is None:
        return "-"
    if measured.low == measured.high:
        return f"{measured.mean:.2f}"
    return f"{measured.mean:.2f} ({measured.low:.1f}-{measured.high:.1f})"


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright reproduce table1 --data ~/CUB_200_2011", "the ablation, in full"),
            Example(
                "boxwright reproduce table1 --data birds --quick --weights squeezenet.pth",
                "the same grid on a small set",
            ),
            Example(
                "boxwright reproduce table2 --data ~/CUB_200_2011 --seeds 0,1,2 --device cuda",
                "the comparison, three seeds",
            ),
        )
    )(reproduce)
