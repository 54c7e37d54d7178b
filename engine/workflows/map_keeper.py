"""Score maps and predictions of a network, written under the ids of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from engine.domain.records import ImageRecord
from engine.learning.maps import ImageMaps
from engine.store import score_maps as map_rows
from engine.store.project import Project
from engine.store.score_maps import StoredMap


class MapKeeper:
    """Writes maps under the ids of the store.

    ``images`` and ``labels`` (class indices of the network) belong together: an image is among
    them once for each of its labels that the network knows, and once if there is none.
    """

    def __init__(
        self, project: Project, run_id: int, class_ids: list[int], images: list[ImageRecord]
    ) -> None:
        self._project = project
        self._run_id = run_id
        self._class_ids = class_ids
        # of classes that have become one, the first of the network
        index = {class_id: at for at, class_id in reversed(list(enumerate(class_ids)))}
        pairs = [(image, label) for image in images for label in _known(image, index)]
        self.images = [image for image, _ in pairs]
        self.labels = [label for _, label in pairs]

    def whole(self, batches: Iterable[list[ImageMaps]]) -> Iterator[list[ImageMaps]]:
        """``batches`` cut so that all maps of an image are in the same one."""
        held: list[ImageMaps] = []
        for batch in batches:
            held += batch
            last = self.images[held[-1].index].id
            after = held[-1].index + 1
            if after < len(self.images) and self.images[after].id == last:
                ready = [maps for maps in held if self.images[maps.index].id != last]
                held = held[len(ready) :]
            else:
                ready, held = held, []
            if ready:
                yield ready
        if held:
            yield held

    def keep(self, batch: list[ImageMaps]) -> list[StoredMap]:
        """Of several maps of one class, where classes were merged, the more probable one."""
        best: dict[tuple[int, int], StoredMap] = {}
        for maps in batch:
            for class_index, values in maps.maps.items():
                image_id, class_id = self.images[maps.index].id, self._class_ids[class_index]
                probability = float(maps.probabilities[class_index])
                old = best.get((image_id, class_id))
                if old is None or probability > old.probability:
                    rank = self._rank(maps.probabilities, probability)
                    stored = StoredMap(image_id, class_id, probability, values, rank)
                    best[image_id, class_id] = stored
        predicted = {
            self.images[maps.index].id: self._class_ids[int(maps.probabilities.argmax())]
            for maps in batch
        }
        with self._project.write() as connection:
            map_rows.put_maps(connection, self._run_id, list(best.values()))
            map_rows.put_predictions(connection, self._run_id, predicted)
        return list(best.values())

    def _rank(self, probabilities: NDArray[np.float32], probability: float) -> int:
        """From 1; classes that have become one count once."""
        above = np.flatnonzero(probabilities > probability)
        return 1 + len({self._class_ids[index] for index in above})


def _known(image: ImageRecord, index: dict[int, int]) -> list[int | None]:
    return [index[label] for label in image.labels if label in index] or [None]
