"""The paper's tables, measured: every cell of a grid trained and evaluated, once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from engine.datasets import Dataset, open_dataset
from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.exchange.tables import write_splits
from engine.jobs.catalogue import recipe
from engine.jobs.options import make_options
from engine.jobs.reporter import Reporter
from engine.store.files import write_atomic
from engine.workflows.cells import Cell, CellResult, CellRunner
from engine.workflows.index import index_dataset
from engine.workflows.paper_tables import TABLES, PaperRow, PaperTable

#: The literature's usual number on CUB.
EPOCHS = 50
#: With ``quick``: the same grid in minutes on a CPU.
QUICK_EPOCHS, QUICK_BACKBONE, QUICK_CLASSES = 4, "squeezenet1_1", 10
#: Figures that an evaluation gives; the others are counted from the network.
MEASURED = ("gt_known_loc", "top1_clas", "top1_loc")
MARKER = "data.json"


@dataclass(frozen=True)
class ReproduceRequest:
    """``data`` is a data set in its official layout, ``out`` where cells and results go.

    None for ``backbone``, ``weights`` and ``epochs`` means the row's, the backbone's and the
    usual ones. ``quick`` takes the first classes, few epochs and a light backbone.
    """

    table: str
    data: Path
    out: Path
    quick: bool = False
    backbone: str | None = None
    weights: str | None = None
    epochs: int | None = None
    seeds: tuple[int, ...] = (0,)
    device: str = "auto"


@dataclass(frozen=True)
class Spread:
    """A figure over the seeds."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class RowResult:
    """``published`` and ``measured`` figures by name; ``cells`` name the files of the seeds.

    Where a training was ``resumed``, ``seconds`` and ``peak_mb`` leave out what came before.
    """

    title: str
    method: str
    backbone: str
    options: dict[str, Any]
    published: dict[str, float]
    measured: dict[str, Spread]
    seconds: float
    peak_mb: float
    resumed: bool
    cells: tuple[str, ...]


@dataclass(frozen=True)
class TableResult:
    """``centre_box``: what the best fixed box hits, in percent of the ``images`` of the test."""

    table: str
    title: str
    dataset: str
    quick: bool
    seeds: tuple[int, ...]
    epochs: int
    images: int
    centre_box: float
    figures: tuple[str, ...]
    rows: tuple[RowResult, ...] = field(default_factory=tuple)


def reproduce(request: ReproduceRequest, reporter: Reporter) -> TableResult:
    """Run the cells that are not done, and gather the table; also written to ``out`` as JSON.

    Started again, goes on where it was stopped. Raises InputError for unknown names and for
    results of other data in ``out``, JobCancelled, and what training raises.
    """
    table = _table(request.table)
    grid = [(row, _cells(request, row)) for row in table.rows]
    dataset = open_dataset(request.data, "auto")
    if dataset.name != table.dataset and not request.quick:
        reporter.warn(f"The published figures are of {table.dataset}, not of this data set.")
    if request.quick:
        dataset = first_classes(dataset, QUICK_CLASSES)
    runner = prepare(dataset, request.out, reporter)
    results = _run(runner, [cell for _, cells in grid for cell in cells], reporter)
    classes = len(set(dataset.labels().values()))
    rows = []
    for row, cells in reporter.track(grid, "rows", "Gathering"):
        rows.append(_row(table, row, cells, [results[c.name] for c in cells], classes))
    first = results[grid[0][1][0].name].evaluation
    found = TableResult(
        table.name,
        table.title,
        dataset.name,
        request.quick,
        request.seeds,
        grid[0][1][0].settings.epochs,
        first.images,
        first.centre_box,
        table.figures,
        tuple(rows),
    )
    content = msgspec.json.format(msgspec.json.encode(asdict(found)), indent=1)
    write_atomic(request.out / f"{table.name}.json", content)
    return found


def first_classes(dataset: Dataset, count: int) -> Dataset:
    """The images of the first classes by name."""
    kept = set(sorted({image.class_name for image in dataset.images})[:count])
    images = tuple(image for image in dataset.images if image.class_name in kept)
    return replace(dataset, images=images)


def prepare(dataset: Dataset, out: Path, reporter: Reporter) -> CellRunner:
    """A project of the data set in ``out``, made if it is not there, ready to run cells.

    Raises InputError if ``out`` holds one of other data, or if there is nothing to train or test.
    """
    splits = {image.split for image in dataset.images}
    if not {"train", "test"} <= splits:
        raise InputError(
            "The data set has no split into train and test.",
            path=dataset.root,
            remedy="Give a splits.csv beside its boxes.csv.",
        )
    project, table, marker = out / "project", out / "splits.csv", out / MARKER
    content = [(i.path, i.class_name, i.split, i.boxes) for i in dataset.images]
    digest = hashlib.sha256(msgspec.json.encode(content)).hexdigest()
    told = {"dataset": dataset.name, "root": str(dataset.root), "digest": digest}
    if marker.exists():
        if msgspec.json.decode(marker.read_bytes()) != told:
            raise InputError(
                "Results of other data are in this folder.",
                path=out,
                remedy="Choose another folder with --out.",
            )
        return CellRunner(project, table, out / "cells")
    out.mkdir(parents=True, exist_ok=True)
    index_dataset(project, dataset, reporter)
    write_splits([(i.path, i.class_name, i.split or "") for i in dataset.images if i.split], table)
    write_atomic(marker, msgspec.json.encode(told))
    return CellRunner(project, table, out / "cells")


def _run(runner: CellRunner, cells: list[Cell], reporter: Reporter) -> dict[str, CellResult]:
    """Whole seeds first, so that what is there when stopped early compares."""
    found: dict[str, CellResult] = {}
    unique = {cell.name: cell for cell in sorted(cells, key=lambda cell: cell.settings.seed)}
    for number, (name, cell) in enumerate(unique.items(), start=1):
        inner = reporter.within(f"Cell {number} of {len(unique)}")
        found[name] = runner.run(cell, inner)
        reporter.artifact("cell", path=str(runner.results / f"{name}.json"))
    return found


def _table(name: str) -> PaperTable:
    if name not in TABLES:
        raise InputError(f"Unknown table {name!r}.", remedy=f"Known: {', '.join(TABLES)}.")
    return TABLES[name]


def _cells(request: ReproduceRequest, row: PaperRow) -> list[Cell]:
    return [Cell(_settings(request, row, seed)) for seed in request.seeds]


def _settings(request: ReproduceRequest, row: PaperRow, seed: int) -> TrainSettings:
    """Raises InputError for an unknown backbone or option."""
    backbone = request.backbone or (QUICK_BACKBONE if request.quick else row.backbone)
    base = recipe(backbone, row.method)
    options = base.options | row.options
    make_options(row.method, options)
    return replace(
        base,
        options=options,
        insertion=row.insertion if backbone == row.backbone else "default",
        weights=request.weights or base.weights,
        epochs=request.epochs or (QUICK_EPOCHS if request.quick else EPOCHS),
        seed=seed,
        device=request.device,
    )


def _row(
    table: PaperTable, row: PaperRow, cells: list[Cell], results: list[CellResult], classes: int
) -> RowResult:
    values: dict[str, list[float]] = defaultdict(list)
    for result in results:
        for name in MEASURED:
            values[name].append(getattr(result.evaluation, name))
    if table.tells_cost:
        values.update(_cost(cells[0].settings, classes))
    spreads = {
        name: Spread(sum(found) / len(found), min(found), max(found))
        for name, found in values.items()
    }
    return RowResult(
        row.title,
        row.method,
        cells[0].settings.backbone,
        row.options,
        row.published,
        spreads,
        sum(result.seconds for result in results) / len(results),
        max(result.peak_mb for result in results),
        any(result.resumed for result in results),
        tuple(cell.name for cell in cells),
    )


def _cost(settings: TrainSettings, classes: int) -> dict[str, list[float]]:
    from engine.learning.cost import network_cost, plain_cost  # pulls in torch

    cost = network_cost(settings, classes)
    more = cost.overhead(plain_cost(settings, classes))
    return {
        "parameters": [cost.parameters / 1e6],
        "parameter_overhead": [more.parameters],
        "computation_overhead": [more.training],
        "map_overhead": [more.score_map],
    }
