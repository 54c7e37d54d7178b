"""One image before a network: which classes are told of it."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from engine.domain.records import ImageRecord
from engine.domain.settings import BoxSettings
from engine.inspection.networks import Opened
from engine.inspection.subject import CLASSES_TOLD, Subject
from engine.learning.inspecting import Look

NAMES = tuple(f"class {at}" for at in range(CLASSES_TOLD + 3))


def test_classes_asked_for_by_name_are_told_beside_the_most_probable() -> None:
    unused = cast(Any, None)
    opened = Opened(unused, unused, unused, unused, tuple(range(len(NAMES))), NAMES)
    image = ImageRecord(1, "a.png", 64, 48, class_id=0)
    subject = Subject(opened, image, unused, BoxSettings())
    probabilities = np.linspace(0.3, 0.01, len(NAMES), dtype=np.float32)[None]
    view = Look(probabilities, lambda classes: np.zeros((len(classes), 4, 4), np.float32))
    seen = subject.seen(view, 0, also=[NAMES[-1]])
    assert [s.class_name for s in seen.classes] == [*NAMES[:CLASSES_TOLD], NAMES[-1]]
    assert seen.map.of.class_name == NAMES[0]
