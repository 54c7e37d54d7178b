"""Every method on the same images with the same recipe: trained, proposed, evaluated.

    python -m tests.benchmarks.methods_table --data DIR --weights FILE --out DIR

``DIR`` of --data holds a folder per set with images/, boxes.csv and splits.csv. Each cell (a set,
a method, a seed) leaves a JSON file in --out when it is finished; started again, the command goes
on with the cells that have none. Thresholds are validated on the train rows, never on the test
rows. --only-print shows the table of what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

#: Where the program of this very checkout is found, whichever one is installed.
CHECKOUT = Path(__file__).parents[2]
METHODS = ("cam", "has", "dropblock", "adl", "acol", "spg", "danet", "dgdm", "backprop")
#: Columns of the table: title, and the figure of a finished cell.
COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], float]], ...] = (
    ("GT-known, 0.2", lambda cell: cell["paper_map"]["gt_known_loc"]),
    ("GT-known, validated", lambda cell: cell["paper_map"]["max_box_acc"]),
    ("Top-1 Clas", lambda cell: cell["paper_map"]["top1_clas"]),
    ("Top-1 Loc", lambda cell: cell["paper_map"]["top1_loc"]),
    ("MaxBoxAccV2", lambda cell: cell["paper_map"]["max_box_acc_v2"]),
    ("default map: GT-known", lambda cell: cell["default_map"]["gt_known_loc"]),
    ("default map: MaxBoxAccV2", lambda cell: cell["default_map"]["max_box_acc_v2"]),
    ("training, s", lambda cell: cell["seconds"]),
    ("peak memory, MB", lambda cell: cell["peak_mb"]),
)


@dataclass(frozen=True)
class Cell:
    """One training with its evaluation."""

    set: str
    method: str
    seed: int
    epochs: int
    backbone: str

    @property
    def name(self) -> str:
        return f"{self.set}-{self.backbone}-{self.epochs}-{self.method}-{self.seed}"


class CellError(Exception):
    """The program refused; its words are the message."""


@dataclass(frozen=True)
class Bench:
    """Where the sets, the starting weights and the results are."""

    data: Path
    weights: Path
    out: Path

    def file(self, cell: Cell) -> Path:
        return self.out / f"{cell.name}.json"

    def read(self, cell: Cell) -> dict[str, Any] | None:
        """The result of a finished cell, or None."""
        try:
            found: dict[str, Any] = json.loads(self.file(cell).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return found

    def run(self, cell: Cell) -> None:
        """Train, propose and evaluate in a project that is deleted afterwards."""
        project = self.out / "work" / cell.name
        shutil.rmtree(project, ignore_errors=True)
        try:
            self._write(self.file(cell), asdict(cell) | self._measure(cell, project))
        finally:
            shutil.rmtree(project, ignore_errors=True)

    def _measure(self, cell: Cell, project: Path) -> dict[str, Any]:
        folder = self.data / cell.set
        split = ("--split", folder / "splits.csv")
        truth = ("--boxes", folder / "boxes.csv", *split)
        chosen = ("--method", cell.method, "--backbone", cell.backbone, "--weights", self.weights)
        amount = ("--seed", cell.seed, "--epochs", cell.epochs)
        _program("new", project, "--images", folder / "images")
        began = time.monotonic()
        trained, peak_mb = _program("train", project, *chosen, *amount, *split)
        seconds = time.monotonic() - began
        _program("propose", project, "--all", "--map", "cam")
        zhou = ("--normalisation", "minmax", "--threshold", 0.2)
        paper_map, _ = _program("evaluate", project, *truth, *zhou)
        # an input gradient is no sum of features: there is no self-attention to average it with
        if cell.method != "backprop":
            _program("propose", project, "--all")
        default_map, _ = _program("evaluate", project, *truth)
        return {
            "paper_map": paper_map,
            "default_map": default_map,
            "training": trained["metrics"],
            "seconds": seconds,
            "peak_mb": peak_mb,
        }

    def _write(self, file: Path, result: dict[str, Any]) -> None:
        partial = file.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as stream:
            json.dump(result, stream, indent=1)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)


def _program(*arguments: object) -> tuple[dict[str, Any], float]:
    """The JSON that ``boxwright`` answers, and the peak of its resident memory in MB."""
    command = [sys.executable, "-m", "engine.cli", *map(str, arguments), "--json"]
    with (
        subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
        _ended(process),
    ):
        assert process.stdout is not None
        assert process.stderr is not None
        answer = process.stdout.read()  # quiet with --json: stderr stays far below a pipe's size
        words = process.stderr.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CellError(f"boxwright {arguments[0]} ended with {process.returncode}: {words}")
    return json.loads(answer), usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


class _ended:  # noqa: N801 - reads as a phrase
    """Ends the process if the block is left early."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is not None and self._process.returncode is None:
            self._process.kill()


def table(bench: Bench, cells: Iterable[Cell]) -> Iterator[str]:
    """Lines of Markdown: a table per set, mean and spread (lowest to highest) over the seeds."""
    listed = list(cells)
    for name in dict.fromkeys(cell.set for cell in listed):
        found = [result for cell in listed if cell.set == name and (result := bench.read(cell))]
        yield from ("", f"### {name}", "")
        if not found:
            yield "No cell is finished."
            continue
        centre = found[0]["paper_map"]["centre_box"]
        images = found[0]["paper_map"]["images"]
        yield f"{images} test images; the best centred box hits {centre:.1f} % of them."
        yield ""
        yield "| method | seeds | " + " | ".join(title for title, _ in COLUMNS) + " |"
        yield "|---" * (2 + len(COLUMNS)) + "|"
        for method in dict.fromkeys(result["method"] for result in found):
            yield _row(method, [result for result in found if result["method"] == method])


def _row(method: str, results: list[dict[str, Any]]) -> str:
    figures = []
    for _title, figure in COLUMNS:
        values = [figure(result) for result in results]
        digits = 1 if max(values) < 100.05 else 0
        text = f"{statistics.fmean(values):.{digits}f}"
        if len(values) > 1:
            text += f" ({min(values):.{digits}f}-{max(values):.{digits}f})"
        figures.append(text)
    return f"| {method} | {len(results)} | " + " | ".join(figures) + " |"


def cells_of(arguments: argparse.Namespace) -> list[Cell]:
    """Whole seeds of all methods on one set come first, so that what stands early compares."""
    return [
        Cell(name, method, seed, arguments.epochs, arguments.backbone)
        for name in arguments.sets
        for seed in arguments.seeds
        for method in arguments.methods
    ]


def run_all(bench: Bench, cells: list[Cell]) -> int:
    """Run what is not finished; returns how many failed."""
    failed = 0
    for number, cell in enumerate(cells, start=1):
        if bench.read(cell) is not None:
            continue
        began = time.monotonic()
        try:
            bench.run(cell)
            word = f"{time.monotonic() - began:.0f} s"
        except CellError as error:
            failed += 1
            word = f"FAILED: {error}"
        print(f"[{number}/{len(cells)}] {cell.name}: {word}", file=sys.stderr, flush=True)  # noqa: T201
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--sets", nargs="+", default=["cub10", "mixed5"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--backbone", default="squeezenet1_1")
    parser.add_argument("--only-print", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no child stays behind
    arguments.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(*(path.resolve() for path in (arguments.data, arguments.weights, arguments.out)))
    cells = cells_of(arguments)
    failed = 0 if arguments.only_print else run_all(bench, cells)
    print("\n".join(table(bench, cells)))  # noqa: T201
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
