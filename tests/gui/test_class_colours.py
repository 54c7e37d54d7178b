"""Classes have a colour of their own, told apart by every kind of sight; lines tell whose it is."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel

from app.canvas import palette
from app.models.class_colours import CLASS_COLOURS, colours_by_class
from app.models.shapes import Shape
from app.widgets import swatch
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ClassRecord
from engine.store import class_acts
from tests.gui.review_bench import OFFSCREEN, Bench, bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN

#: What is left of linear RGB without one kind of cones (Machado, Oliveira, Fernandes 2009).
SIGHTS = {
    "all cones": np.eye(3),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no blue": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def seen(colour: str, sight: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE Lab of what such eyes see of ``colour``."""
    c = np.array(QColor(colour).getRgbF()[:3])
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    linear = np.clip(sight @ linear, 0, 1)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    lab: NDArray[np.float64] = cv2.cvtColor(np.float32(shown).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)
    return lab.ravel()


@pytest.mark.parametrize("sight", SIGHTS)
def test_class_colours_are_apart_for_colour_blind_eyes(sight: str) -> None:
    found = [seen(colour, SIGHTS[sight]) for colour in CLASS_COLOURS]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(found, 2)) > 15


def test_a_chosen_colour_is_kept_and_given_to_no_other_class() -> None:
    chosen = CLASS_COLOURS[0].upper()
    found = colours_by_class(
        [ClassRecord(1, "a"), ClassRecord(2, "b", chosen), ClassRecord(3, "c")]
    )
    assert found == {1: CLASS_COLOURS[1], 2: CLASS_COLOURS[0], 3: CLASS_COLOURS[2]}
    many = colours_by_class([ClassRecord(i, str(i)) for i in range(30)])
    assert many[12] == many[0] != many[1]


def along_an_edge(bench: Bench, box: Box) -> set[str]:
    image: QImage = bench.canvas.grab().toImage()
    left, right = bench.canvas.to_viewport(60, 200), bench.canvas.to_viewport(260, 200)
    return {image.pixelColor(x, left.y()).name() for x in range(left.x(), right.x())}


def test_a_box_is_painted_in_the_colour_of_its_class_and_dashed_until_decided(bench: Bench) -> None:
    box, classes = Box(40, 40, 280, 200), bench.page.queue.filters.classes
    colours = colours_by_class(classes)
    for record in classes:
        for origin in (None, AnnotationOrigin.ACCEPTED):
            bench.canvas.boxes.show([Shape(record.id, box, origin, score=0.5)], frozenset())
            found = along_an_edge(bench, box)
            assert colours[record.id] in found
            assert (len(found) == 1) == (origin is not None)  # solid: nothing between the dashes
    bench.canvas.boxes.show([Shape(999, box, AnnotationOrigin.DRAWN)], frozenset())
    assert along_an_edge(bench, box) == {palette.NO_CLASS.name()}


def test_a_class_that_is_recoloured_is_painted_so_at_once(bench: Bench) -> None:
    record = bench.page.queue.filters.classes[0]
    bench.session.write(
        "Recolour class", lambda c: class_acts.recolour_class(c, record.id, "#123abc")
    )

    def repainted() -> bool:
        return "#123abc" in colours_by_class(bench.page.queue.filters.classes).values()

    bench.wait(repainted)
    box = Box(40, 40, 280, 200)
    bench.canvas.boxes.show([Shape(record.id, box, AnnotationOrigin.DRAWN)], frozenset())
    assert along_an_edge(bench, box) == {"#123abc"}
    tick = bench.page.box_panel.legend.tick(record.id)
    middle = tick.icon().pixmap(14, 14).toImage().pixelColor(7, 7)
    assert (
        middle.name()
        == "#123abc"
        == swatch("#123abc").pixmap(14, 14).toImage().pixelColor(7, 7).name()
    )


def test_the_classes_here_stay_in_sight_when_others_come(bench: Bench) -> None:
    """Also those that have only been made, which a layout takes for hidden as yet."""
    legend = bench.page.box_panel.legend
    for classes in ((1,), (2,), (1, 2)):
        shapes = [Shape(c, Box(9 * c, 9, 9 * c + 60, 80), AnnotationOrigin.DRAWN) for c in classes]
        bench.canvas.boxes.show(shapes, frozenset())
        bench.page.edits._show_facts()
        ticks = [legend.tick(c) for c in classes]
        bench.wait(lambda ticks=ticks: all(tick.isVisible() for tick in ticks))
        needed = sum(tick.sizeHint().height() for tick in ticks)
        assert legend._area.height() >= needed


def test_keys_that_are_shown_no_more_are_gone_at_once(bench: Bench) -> None:
    bench.page.stage.show_keys([("Space", "Accept"), ("X", "Reject")])
    bench.page.stage.show_keys([("D", "Next")])
    shown = [w.text() for w in bench.page.stage.findChildren(QLabel) if not w.isHidden()]
    assert "Reject" not in shown
