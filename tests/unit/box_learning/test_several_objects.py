"""Objects told apart by their middles and sides, and the map whose components they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.domain.geometry import Box, iou
from engine.domain.settings import BoxModelSettings, BoxSettings, Normalisation
from engine.jobs.reporter import silent_reporter
from engine.learning.box_model.ensemble import Ensemble
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.files import load_box_model, save_box_model
from engine.learning.box_model.head import ONE, SEVERAL, Head
from engine.learning.box_model.model import Example, fits, train_box_model, unseen_views
from engine.learning.box_model.object_targets import object_targets
from engine.learning.box_model.objects import find_objects, objects_map
from engine.localization.boxes import derive_boxes

SETTINGS = BoxModelSettings(members=2, steps=125, update_steps=4, width=16, device="cpu")
CUT = BoxSettings(Normalisation.MAX, 40.0, 0.5, multiple=True)


def _logits(boxes: list[Box], size: int = 20) -> np.ndarray:
    """What a head that knows everything would say."""
    rows = [np.array([box.as_tuple() for box in boxes])]
    targets = object_targets(rows, (size, size))
    found = np.full((SEVERAL, size, size), -6.0, np.float32)
    found[2] = np.where(targets.middles[0] == 1, 4, -6)
    sides = np.maximum(targets.sides[0].numpy(), 1e-3)
    found[3:] = np.log(np.expm1(2 * sides))
    return found


@pytest.mark.parametrize(
    "boxes",
    [
        [Box(0.1, 0.2, 0.5, 0.8), Box(0.5, 0.2, 0.9, 0.8)],  # they touch
        [Box(0.1, 0.1, 0.5, 0.5), Box(0.4, 0.4, 0.9, 0.9)],  # they overlap
        [Box(0.05, 0.1, 0.3, 0.9), Box(0.35, 0.1, 0.6, 0.9), Box(0.7, 0.3, 0.95, 0.6)],
    ],
)
def test_objects_come_back_as_components_of_the_map(boxes: list[Box]) -> None:
    found = find_objects(_logits(boxes), 8)
    assert len(found) == len(boxes)
    values = extent_map(_logits(boxes), 8)
    cut = [scored.box for scored in derive_boxes(values, 1, 1, CUT)]
    assert len(cut) == len(boxes)
    for box in boxes:
        assert max(iou(box, other) for other in cut) > 0.8


def test_one_object_keeps_the_map_of_one() -> None:
    logits = _logits([Box(0.2, 0.2, 0.7, 0.7)])
    assert find_objects(logits, 8) == []
    assert np.array_equal(extent_map(logits, 8), extent_map(logits[:ONE], 1))


def test_a_map_of_objects_is_cut_into_them() -> None:
    box = Box(0.2, 0.1, 0.6, 0.7)
    (found,) = derive_boxes(objects_map([box], (60, 60)), 1, 1, CUT)
    assert iou(found.box, box) > 0.9


def test_a_mirror_image_mirrors_the_sides() -> None:
    targets = object_targets([np.array([[0.1, 0.2, 0.4, 0.8]])], (10, 10))
    other = object_targets([np.array([[0.6, 0.2, 0.9, 0.8]])], (10, 10))
    turned = targets.mirrored(torch.tensor([True]))
    assert torch.allclose(turned.middles, other.middles, atol=1e-6)
    assert torch.allclose(turned.sides, other.sides, atol=1e-6)
    heads = [Head(3, SETTINGS, several=True).eval() for _ in range(2)]
    grids = torch.randn(1, 3, 8, 8)
    both = Ensemble(heads).views(grids), Ensemble(heads).views(grids.flip(3))
    turned_back = both[1][1].flip(3)[:, [0, 1, 2, 5, 4, 3, 6]]
    assert torch.allclose(both[0][0], turned_back, atol=0.02)
    with torch.no_grad():
        each = torch.stack([head(grids) for head in heads]).mean(0)
    assert torch.allclose(both[0][0], each, atol=0.02)


def _example(seed: int) -> Example:
    """Two squares side by side that touch; the second feature marks their middles."""
    draw = np.random.default_rng(seed)
    grid = draw.normal(0, 0.2, (3, 16, 16)).astype(np.float16)
    y, side = int(draw.integers(2, 7)), int(draw.integers(5, 7))
    boxes = []
    for x in (1, 1 + side):
        grid[0, y : y + side, x : x + side] += 2
        grid[1, y + side // 2, x + side // 2] += 3
        boxes.append([x, y, x + side, y + side])
    return Example(grid, np.array(boxes) / 16, seed)


def test_it_learns_to_tell_touching_objects_apart(tmp_path: Path) -> None:
    examples = [_example(seed) for seed in range(20)]
    model = train_box_model(examples, SETTINGS, "key", silent_reporter(), several=True)
    views = unseen_views(model, examples).mean(0)
    both = sum(len(derive_boxes(extent_map(part, 4), 1, 1, CUT)) == 2 for part in views)
    assert both >= 12
    save_box_model(model, tmp_path / "model.safetensors")
    loaded = load_box_model(tmp_path / "model.safetensors")
    assert loaded is not None
    assert loaded.several
    assert np.array_equal(unseen_views(loaded, examples), unseen_views(model, examples))
    assert fits(loaded, SETTINGS, "key", 3, several=True)
    assert not fits(loaded, SETTINGS, "key", 3)  # one kind does not go on with the other
    empty = replace(examples[0], boxes=np.empty((0, 4)))
    assert train_box_model([*examples, empty], SETTINGS, "key", silent_reporter(), several=True)
