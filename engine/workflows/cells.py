"""One training with its evaluation, done once: a finished cell leaves a file, and stays done."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from engine.domain.errors import InputError
from engine.domain.records import RunKind, RunRecord, RunState
from engine.domain.settings import BoxSettings, MapKind, MapSettings, Normalisation, TrainSettings
from engine.jobs.reporter import Reporter
from engine.jobs.requests import ProposeRequest, TrainRequest
from engine.learning.allocation import give_freed_memory_back
from engine.localization.evaluation import Evaluation
from engine.store import runs
from engine.store.files import write_atomic
from engine.store.project import Project
from engine.workflows import propose, train
from engine.workflows.evaluate import EvaluateRequest, evaluate_project
from engine.workflows.memory import PeakMemory
from engine.workflows.projects import open_project

#: Zhou et al. 2016, which the paper follows: the class's map, cut at 20 % of its maximum.
PAPER_BOXES = BoxSettings(normalisation=Normalisation.MIN_MAX, threshold=0.2)
PAPER_MAP = MapKind.CAM


@dataclass(frozen=True)
class Cell:
    """What is trained; two rows of a table with the same settings are one cell."""

    settings: TrainSettings

    @property
    def name(self) -> str:
        """Names its file; other settings make another name."""
        chosen = asdict(self.settings) | {"device": ""}
        digest = hashlib.sha256(msgspec.json.encode(chosen, order="sorted")).hexdigest()[:10]
        s = self.settings
        return f"{s.method}-{s.backbone}-{s.epochs}-seed{s.seed}-{digest}"


class CellResult(msgspec.Struct, frozen=True):
    """``evaluation`` is that of the paper's map and threshold on the test images. ``seconds`` and
    ``peak_mb`` are of the training; of its last part where ``resumed``."""

    settings: TrainSettings
    evaluation: Evaluation
    metrics: dict[str, float]
    seconds: float
    peak_mb: float
    resumed: bool


@dataclass(frozen=True)
class CellRunner:
    """Runs cells in one project, whose truth and splits are stored, one after the other."""

    project: Path
    splits: Path
    results: Path

    def result(self, cell: Cell) -> CellResult | None:
        """The result of a finished cell. Raises InputError if its file is damaged."""
        file = self.results / f"{cell.name}.json"
        try:
            return msgspec.json.decode(file.read_bytes(), type=CellResult)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise InputError(
                f"It is no result of a cell ({error}).",
                path=file,
                remedy="Delete it; the cell will be run again.",
            ) from error

    def run(self, cell: Cell, reporter: Reporter) -> CellResult:
        """Train, propose and evaluate, or go on where an earlier process was stopped.

        The checkpoints are deleted once the result is safe. Raises what the steps raise.
        """
        known = self.result(cell)
        if known is not None:
            return known
        before = self._begun(cell)
        give_freed_memory_back()  # of the cell before, or it would count as this one's
        began = time.monotonic()
        with PeakMemory() as memory:
            run_id, metrics = self._train(cell, before, reporter)
        seconds = time.monotonic() - began
        maps = MapSettings(kind=PAPER_MAP, device=cell.settings.device)
        request = ProposeRequest(str(self.project), run_id, maps, PAPER_BOXES, include_decided=True)
        propose.run(request, reporter)
        evaluation = evaluate_project(
            EvaluateRequest(str(self.project), run=run_id, settings=PAPER_BOXES), reporter
        )
        result = CellResult(
            cell.settings, evaluation, metrics, seconds, memory.megabytes, before is not None
        )
        self._keep(cell, result, run_id)
        return result

    def _train(
        self, cell: Cell, before: RunRecord | None, reporter: Reporter
    ) -> tuple[int, dict[str, float]]:
        if before is not None and before.state is RunState.FINISHED:
            return before.id, self._last_metrics(before.id)
        request = TrainRequest(
            str(self.project), cell.settings, str(self.splits), resume=before is not None
        )
        told = train.run(request, reporter)
        return told["run"], told["metrics"]

    def _begun(self, cell: Cell) -> RunRecord | None:
        """The newest training, if it is of this cell and can be gone on with."""
        with open_project(str(self.project)) as project, project.read() as connection:
            record = next(iter(runs.list_runs(connection, RunKind.TRAIN)), None)
            if record is None or not _is_of(record, cell.settings):
                return None
            folder = train.run_folder(project, record)
            has_checkpoint = any(folder.glob("*.safetensors"))
        if record.state is RunState.FINISHED:
            return record if has_checkpoint else None
        return record if record.state in train.RESUMABLE else None

    def _last_metrics(self, run_id: int) -> dict[str, float]:
        with Project.open(self.project) as project, project.read() as connection:
            found = runs.metrics(connection, run_id)
        return found[-1][1] if found else {}

    def _keep(self, cell: Cell, result: CellResult, run_id: int) -> None:
        self.results.mkdir(parents=True, exist_ok=True)
        content = msgspec.json.format(msgspec.json.encode(result), indent=1)
        write_atomic(self.results / f"{cell.name}.json", content)
        with Project.open(self.project) as project, project.read() as connection:
            folder = train.run_folder(project, runs.get_run(connection, run_id))
        for checkpoint in folder.glob("epoch-*"):
            checkpoint.unlink()


def _is_of(record: RunRecord, settings: TrainSettings) -> bool:
    """True if the run was started with ``settings``; it may have found further options itself."""
    wanted = msgspec.json.decode(msgspec.json.encode(asdict(settings)))  # as the store has them
    stored = dict(record.settings["train"])
    known = {name: stored["options"].get(name) for name in wanted["options"]}
    return bool(stored | {"options": known} == wanted)
