"""The runs to choose from, by names that tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.i18n import mark, tr
from engine.domain.records import RunKind, RunRecord, RunState
from engine.jobs.catalogue import BACKBONES, METHODS

_MAP_WORDS = {"cam": mark("class maps"), "attended": mark("maps with self-attention")}


@dataclass(frozen=True, slots=True)
class RunChoice:
    """A run that can be looked into. ``title`` is short: ``DGDM, run 1``."""

    id: int
    title: str
    details: str
    kind: RunKind
    training: int

    @property
    def text(self) -> str:
        return f"{self.title}  ·  {self.details}"


def run_choices(runs: Iterable[RunRecord]) -> list[RunChoice]:
    """Finished trainings and the proposings made from them, newest first."""
    records = {run.id: run for run in runs}
    found = (_choice(run, records) for run in records.values() if run.state is RunState.FINISHED)
    return sorted((c for c in found if c is not None), key=lambda c: -c.id)


def first_choice(choices: Sequence[RunChoice], current: int | None) -> int | None:
    """The run whose proposals are shown, else the newest training; None without any."""
    if any(choice.id == current for choice in choices):
        return current
    trained = [choice.id for choice in choices if choice.kind is RunKind.TRAIN]
    return next(iter(trained), None)


def compared(choices: Sequence[RunChoice], most: int = 3) -> list[int]:
    """Which runs to compare at first: a training of each method, the newest, oldest id first."""
    by_method: dict[str, int] = {}
    for choice in choices:
        if choice.kind is RunKind.TRAIN:
            by_method.setdefault(choice.title.partition(",")[0], choice.id)
    return sorted(by_method.values())[:most]


def _choice(run: RunRecord, records: dict[int, RunRecord]) -> RunChoice | None:
    if run.kind is RunKind.TRAIN:
        settings = run.settings.get("train", {})
        details = tr(
            "{backbone}, {epochs} epochs",
            backbone=_backbone(settings),
            epochs=settings.get("epochs", "?"),
        )
        return RunChoice(
            run.id,
            tr("{method}, run {id}", method=_method(settings), id=run.id),
            details,
            run.kind,
            run.id,
        )
    parent = records.get(run.parent_id) if run.parent_id is not None else None
    if parent is None or run.kind not in (RunKind.PROPOSE, RunKind.LEARN):
        return None
    title = tr("{method}, run {id}", method=_method(parent.settings.get("train", {})), id=run.id)
    if run.kind is RunKind.LEARN:
        return RunChoice(
            run.id, title, tr("learned on run {id}", id=parent.id), run.kind, parent.id
        )
    kind = str(run.settings.get("maps", {}).get("kind", ""))
    maps = tr(_MAP_WORDS.get(kind, kind))
    details = tr("proposals of run {id}, {maps}", id=parent.id, maps=maps)
    return RunChoice(run.id, title, details, run.kind, parent.id)


def _method(settings: dict[str, object]) -> str:
    name = str(settings.get("method", ""))
    return next((method.title for method in METHODS if method.name == name), name)


def _backbone(settings: dict[str, object]) -> str:
    name = str(settings.get("backbone", ""))
    return next((backbone.title for backbone in BACKBONES if backbone.name == name), name)
