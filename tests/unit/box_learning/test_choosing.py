"""Few boxes do not choose maps by chance; many do, and the box model is taken where it serves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings
from engine.localization.calibration import Calibration
from engine.localization.sample import Sample
from engine.workflows.choosing import Judged, best_source, judge, model_is_better, paired_gains


def _judged(name: str, overlaps: Sequence[float]) -> Judged:
    """Maps whose boxes overlap the true ones so much, image by image."""
    samples = [
        Sample(np.eye(2), 2, 2, [Box(0, 0, 1, 1)], 0, 0, name=f"{number}.png")
        for number in range(len(overlaps))
    ]
    return judge(name, samples, Calibration(BoxSettings(), overlaps=tuple(overlaps)))


def _overlaps(rate: float, count: int, seed: int) -> list[float]:
    """A share ``rate`` of the boxes is good, the others miss."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(count) < rate, 0.75, 0.25).tolist()


def test_ten_boxes_that_make_worse_maps_look_good_do_not_choose_them() -> None:
    """Of five worse maps, with ten boxes, one nearly always looks better than the usual ones."""
    looked = 0
    for seed in range(40):
        usual = _judged("usual", _overlaps(0.72, 10, 100 * seed))
        others = [_judged(f"other {n}", _overlaps(0.62, 10, 100 * seed + n)) for n in range(1, 6)]
        looked += max(o.judgement.score for o in others) > usual.judgement.score
        assert best_source([*others, usual], "usual") is usual
    assert looked > 20


def test_many_boxes_choose_what_is_better() -> None:
    usual = _judged("usual", _overlaps(0.5, 150, 1))
    better = _judged("better", _overlaps(0.8, 150, 2))
    assert best_source([usual, better], "usual") is better
    assert best_source([usual, better], "better") is better


def test_only_images_that_both_were_judged_on_count() -> None:
    some, other = _judged("some", [0.8] * 30), _judged("other", [0.65] * 4)
    assert paired_gains(some, other).shape == (4,)
    assert best_source([some, other], "other") is other
    missing = best_source([some, other], "a source without any accepted image")
    assert missing is some


def test_the_box_model_is_taken_unless_it_is_seen_to_be_worse() -> None:
    maps = _judged("maps", [0.6] * 10)
    assert model_is_better(_judged("box model", [0.6] * 10), maps)
    assert not model_is_better(_judged("box model", [0.2] * 10), maps)
    many = _judged("maps", [0.6] * 200)
    assert not model_is_better(_judged("box model", [0.55] * 100 + [0.45] * 100), many)
