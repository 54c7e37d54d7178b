"""The pictures of a report: images of a run with their maps and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.domain.errors import InputError
from engine.imaging.decoding import read_rgb
from engine.jobs.reporter import Reporter
from engine.localization.boxes import LiveBoxes
from engine.reporting import pictures
from engine.reporting.contents import Example, Panel
from engine.store import score_maps as map_rows
from engine.store.project import Project

if TYPE_CHECKING:
    from engine.workflows.report_numbers import Item, RunNumbers


class Examples:
    """Draws examples; an image that cannot be read any more is warned of and left out."""

    def __init__(self, project: Project, reporter: Reporter) -> None:
        self._project, self._reporter = project, reporter

    def of(self, run: RunNumbers, items: Sequence[Item]) -> tuple[Example, ...]:
        """The images by one run."""
        found = []
        for item in self._reporter.track(items, "pictures", f"Drawing run {run.record.id}"):
            panel = self._panel(run, item)
            if panel is not None:
                found.append(Example(item.image.path, run.names[item.class_id], (panel,)))
        return tuple(found)

    def compared(self, runs: Sequence[RunNumbers], count: int) -> tuple[Example, ...]:
        """The images that the runs see most differently, each by every run.

        Differently: by the spread of the heat in the box where boxes are known, else of the
        misdirection, and among equals those that the first run sees worst.
        """
        by_image = [{item.image.id: item for item in run.items} for run in runs]
        shared = set.intersection(*(set(items) for items in by_image))
        rows = [[items[image_id] for items in by_image] for image_id in shared]
        rows.sort(key=lambda row: (-_spread(row), row[0].image.path))
        found = []
        for row in rows[:count]:
            panels = [self._panel(run, item) for run, item in zip(runs, row, strict=True)]
            shown = tuple(panel for panel in panels if panel is not None)
            if len(shown) == len(row):
                name = runs[0].names[row[0].class_id]
                found.append(Example(row[0].image.path, name, shown))
        return tuple(found)

    def _panel(self, run: RunNumbers, item: Item) -> Panel | None:
        image = item.image
        try:
            rgb = read_rgb(self._project.absolute(image.path), max_side=pictures.SIDE)
        except InputError as error:
            self._reporter.unreadable(error)
            return None
        with self._project.read() as connection:
            stored = map_rows.get_map(connection, run.record.id, image.id, item.class_id)
        assert stored is not None  # it has just been measured
        grid = LiveBoxes(stored.values, image.width, image.height, run.settings).grid
        height, width = rgb.shape[:2]
        scale = (width / image.width, height / image.height)
        true = [box.scaled(*scale) for box in item.truth]
        predicted = [item.box.scaled(*scale)]
        return Panel(
            run.title,
            pictures.jpeg(pictures.with_boxes(rgb, true, predicted)),
            pictures.jpeg(pictures.heat(grid, width, height)),
            pictures.jpeg(pictures.with_boxes(pictures.overlay(rgb, grid), true, predicted)),
            item.values,
        )


def _spread(row: Sequence[Item]) -> float:
    for name in ("energy_in_box", "misdirection", "threshold_stability"):
        values = [v for item in row if (v := item.values.get(name)) is not None]
        if len(values) == len(row):
            return max(values) - min(values)
    return 0.0
