"""The numbers of a report, gathered from the store for one run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import ImageRecord, RunRecord
from engine.domain.settings import BoxSettings
from engine.inspection.map_measures import Case, Judged, Values, from_map
from engine.jobs.reporter import Reporter
from engine.localization.measures import COMBINED, MEASURES, Needs, with_combined
from engine.localization.ranking import rank_correlations
from engine.reporting import pictures
from engine.reporting.contents import BINS, ClassRow, Histogram, RunPart
from engine.reporting.words import heading
from engine.store import images as image_rows
from engine.store import measures as measure_rows
from engine.store import runs
from engine.store import score_maps as map_rows
from engine.store.classes import class_names
from engine.store.project import Project
from engine.workflows.measure import boxes_by_image
from engine.workflows.run_facts import settings_of, title_of, versions_of

if TYPE_CHECKING:
    from engine.workflows.report_examples import Examples

RULE = (
    "A picture counts as misdirected if less than half of the heat lies in its true or accepted "
    "boxes; where there are none, if its misdirection is above 0.5."
)
ORDER_BY_BOXES = "Ranked by the share of the heat that lies in the true or accepted boxes."
ORDER_BY_MAPS = "Ranked by misdirection."
_MEAN_SIDE = 24  # cells of a class's mean map
_MEAN_PICTURE = 88  # pixels
#: The share of pictures that makes a run a measured one; some may be gone or unreadable.
_ENOUGH = 0.95
_CHARTS = (COMBINED, "energy_in_box", "iou", "threshold_stability", "necessity", "sufficiency")
_NETWORK = [measure.name for measure in MEASURES if measure.needs is Needs.NETWORK]


@dataclass(frozen=True)
class Item:
    """One image of a run: the class whose map is looked at, the box, the boxes to compare with."""

    image: ImageRecord
    class_id: int
    box: Box
    truth: Sequence[Box]
    values: Values

    @property
    def misdirected(self) -> bool:
        """As RULE says."""
        energy, combined = self.values.get("energy_in_box"), self.values.get(COMBINED)
        return energy < 0.5 if energy is not None else combined is not None and combined > 0.5


@dataclass
class RunNumbers:
    """All images of a run, measured."""

    record: RunRecord
    training: RunRecord | None
    names: dict[int, str]
    settings: BoxSettings
    items: list[Item] = field(default_factory=list)
    mean_maps: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    asked: int = 0  # images that the network was asked about again
    by_maps: bool = False

    @classmethod
    def of(
        cls, project: Project, record: RunRecord, table: Path | None, reporter: Reporter
    ) -> RunNumbers:
        with project.read() as connection:
            mapped = map_rows.images_with_maps(connection, record.id)
            images = [i for i in image_rows.list_images(connection) if i.id in mapped]
            stored = measure_rows.all_measures(connection, record.id)
            parent = record.parent_id
            training = None if parent is None else runs.get_run(connection, parent)
            names = class_names(connection)
        found = cls(record, training, names, project.settings().boxes)
        truth = boxes_by_image(project, images, table)
        message = f"Measuring run {record.id}"
        for image in reporter.track(images, "images", message):
            known = {n: v for n, v in stored.get(image.id, {}).items() if n in _NETWORK}
            try:
                found._add(project, image, truth.get(image.id, ()), known)
            except InputError as error:  # a map that is none must not stop the report
                reporter.warn(f"{image.path}: {error}")
        return found

    def _add(
        self, project: Project, image: ImageRecord, truth: Sequence[Box], known: Values
    ) -> None:
        with project.read() as connection:
            maps = map_rows.maps_of_image(connection, self.record.id, image.id)
        stored = next((m for m in maps if m.class_id == image.class_id), maps[0])
        case = Case(image.width, image.height, stored.values, truth)
        judged = Judged.of(case, self.settings)
        values = with_combined(from_map(judged) | known)
        self.asked += "necessity" in known
        self.items.append(Item(image, stored.class_id, judged.box, truth, values))
        size = (_MEAN_SIDE, _MEAN_SIDE)
        small = cv2.resize(judged.live.grid, size, interpolation=cv2.INTER_AREA)
        mean = self.mean_maps.setdefault(stored.class_id, np.zeros(size))
        mean += small

    @property
    def full(self) -> bool:
        """Whether the measures that need the network are there, for all but a few pictures (those
        that are gone or cannot be read never get them)."""
        return self.asked >= _ENOUGH * len(self.items)

    def leave_out_network(self) -> None:
        """Go by the stored maps alone, to be compared with a run that has no more than them."""
        self.by_maps = True
        for at, item in enumerate(self.items):
            kept = {n: v for n, v in item.values.items() if n not in (*_NETWORK, COMBINED)}
            self.items[at] = replace(item, values=with_combined(kept))

    @property
    def title(self) -> str:
        return title_of(self.record, self.training)

    @property
    def ranks_by_boxes(self) -> bool:
        """Whether most images have boxes to be ranked by."""
        return 2 * sum(bool(item.truth) for item in self.items) > len(self.items)

    def ranked(self) -> list[Item]:
        """The most misdirected images first; without those that have nothing to be ranked by."""
        if self.ranks_by_boxes:
            pairs = [(item.values.get("energy_in_box"), item) for item in self.items]
            return [i for e, i in sorted(_known(pairs), key=lambda p: (p[0], p[1].image.path))]
        pairs = [(item.values.get(COMBINED), item) for item in self.items]
        return [i for c, i in sorted(_known(pairs), key=lambda p: (-p[0], p[1].image.path))]

    def part(self, examples: Examples, count: int) -> RunPart:
        """The run as a report tells it, with ``count`` examples from either end."""
        ranked = self.ranked()
        worst = ranked[:count]
        best = ranked[max(len(worst), len(ranked) - count) :][::-1]
        return RunPart(
            run_id=self.record.id,
            title=self.title,
            settings=settings_of(self.record, self.training, self.settings),
            versions=versions_of(self.record, self.training),
            images=len(self.items),
            known=sum(bool(item.truth) for item in self.items),
            asked=self.asked,
            full=self.full and not self.by_maps,
            misdirected=_share(self.items),
            means=_means(self.items),
            ranking=rank_correlations([item.values for item in self.items]),
            classes=tuple(self._classes()),
            histograms=tuple(self._histograms()),
            worst=examples.of(self, worst),
            best=examples.of(self, best),
        )

    def _classes(self) -> list[ClassRow]:
        by_class: dict[int, list[Item]] = defaultdict(list)
        for item in self.items:
            by_class[item.class_id].append(item)
        rows = [
            ClassRow(
                self.names[class_id],
                len(items),
                _share(items),
                _means(items),
                self._mean_picture(class_id),
            )
            for class_id, items in by_class.items()
        ]
        return sorted(rows, key=lambda row: (-row.misdirected, row.name))

    def _mean_picture(self, class_id: int) -> bytes:
        mean = self.mean_maps[class_id]
        scaled = mean / mean.max() if mean.max() > 0 else mean
        return pictures.jpeg(pictures.heat(scaled, _MEAN_PICTURE, _MEAN_PICTURE))

    def _histograms(self) -> Iterator[Histogram]:
        for name in _CHARTS:
            values = [v for item in self.items if (v := item.values.get(name)) is not None]
            if values:
                counts, _ = np.histogram(np.clip(values, 0, 1), BINS, (0, 1))
                yield Histogram(heading(name), tuple(counts.tolist()), float(np.median(values)))


def _known(pairs: list[tuple[float | None, Item]]) -> list[tuple[float, Item]]:
    return [(value, item) for value, item in pairs if value is not None]


def _share(items: Sequence[Item]) -> float:
    return sum(item.misdirected for item in items) / len(items) if items else 0.0


def _means(items: Sequence[Item]) -> Values:
    """The mean of every measure over the images that have it."""
    found: Values = {}
    for measure in MEASURES:
        values = [v for item in items if (v := item.values.get(measure.name)) is not None]
        found[measure.name] = float(np.mean(values)) if values else None
    return found
