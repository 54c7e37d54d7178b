"""How much an export holds: per class, split, origin and review state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.exchange.model import ExportImage

SPLITS = ("train", "val", "test")
NO_SPLIT = "none"


@dataclass
class Counts:
    """Filled image by image; ``boxes_per_class`` counts by class name and split."""

    images: int = 0
    boxes: int = 0
    boxes_per_class: dict[str, Counter[str]] = field(default_factory=dict)
    boxes_per_origin: Counter[str] = field(default_factory=Counter)
    images_per_split: Counter[str] = field(default_factory=Counter)
    images_per_state: Counter[str] = field(default_factory=Counter)
    images_without_boxes: int = 0

    @classmethod
    def of_classes(cls, classes: Iterable[str]) -> Counts:
        """Nothing yet, with a place for each class."""
        return cls(boxes_per_class={name: Counter() for name in classes})

    def add(self, image: ExportImage) -> None:
        split = image.split or NO_SPLIT
        self.images += 1
        self.boxes += len(image.boxes)
        self.images_without_boxes += not image.boxes
        self.images_per_split[split] += 1
        self.images_per_state[image.state.value] += 1
        per_class, per_origin = self.boxes_per_class, self.boxes_per_origin
        for box in image.boxes:
            per_class[box.class_name][split] += 1
            per_origin[box.origin or "proposal"] += 1

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values in an order that depends on nothing but the contents."""
        return {
            "images": self.images,
            "boxes": self.boxes,
            "images_without_boxes": self.images_without_boxes,
            "boxes_per_class": {name: each.total() for name, each in self.boxes_per_class.items()},
            "boxes_per_class_and_split": {
                name: dict(sorted(each.items())) for name, each in self.boxes_per_class.items()
            },
            "boxes_per_origin": {str(o): n for o, n in sorted(self.boxes_per_origin.items())},
            "images_per_split": dict(sorted(self.images_per_split.items())),
            "images_per_state": dict(sorted(self.images_per_state.items())),
        }
