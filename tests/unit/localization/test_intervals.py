from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.jobs.reporter import silent_reporter
from engine.localization.evaluation import Sample, evaluate
from engine.localization.intervals import mean_intervals, pooled_interval

PLAIN = BoxSettings(normalisation=Normalisation.MIN_MAX)


def test_interval_of_a_share_is_the_binomial_one() -> None:
    """Resampling 0s and 1s is drawing from a binomial distribution, whose quantiles are known."""
    hits = np.where(np.arange(200) < 60, 100.0, 0.0)[:, None]
    ((low, high),) = mean_intervals(hits)
    expected = binom.ppf([0.025, 0.975], 200, 0.3) / 2
    assert [low, high] == pytest.approx(expected, abs=1.0)


def test_columns_share_resamples_and_the_seed_repeats() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((40, 2))
    both = np.column_stack([values[:, 0], 2 * values[:, 0]])
    first, second = mean_intervals(both)
    assert second == pytest.approx((2 * first[0], 2 * first[1]))
    assert mean_intervals(both) == [first, second]


def test_nothing_is_said_of_one_image_and_all_hits_have_no_spread() -> None:
    assert mean_intervals(np.ones((1, 3))) == []
    assert mean_intervals(np.full((9, 1), 100.0)) == [(100.0, 100.0)]


def test_pooled_interval_of_a_mean_is_that_of_the_mean() -> None:
    values = np.random.default_rng(2).random(60)
    ((low, high),) = mean_intervals(values[:, None])
    pooled = pooled_interval(60, lambda times: float(times @ values / times.sum()))
    assert pooled == pytest.approx((low, high), abs=1e-9)


def _block(box: tuple[int, int, int, int]) -> np.ndarray:
    values = np.zeros((224, 224), np.float32)
    values[box[1] : box[3], box[0] : box[2]] = 1
    return values


def _samples() -> list[Sample]:
    """Class 0 hits, class 1 misses; the last has two boxes, one of them hit."""
    truth = Box(20, 20, 120, 120)
    good, bad = _block((20, 20, 120, 120)), _block((150, 150, 220, 220))
    return [
        Sample(good, 224, 224, [truth], 0, 0, 1, class_name="wren"),
        Sample(good, 224, 224, [truth], 0, 1, 2, class_name="wren"),
        Sample(bad, 224, 224, [truth], 1, 1, 1, class_name="ani"),
        Sample(good, 224, 224, [Box(0, 0, 9, 9), truth], 1, 1, 6, class_name="ani"),
    ]


def test_rows_per_class_and_of_images_with_several_boxes() -> None:
    found = evaluate(_samples(), PLAIN, None, silent_reporter())
    ani, wren = found.classes
    assert (ani.name, ani.images, ani.gt_known_loc, ani.top1_clas, ani.top1_loc) == (
        ("ani", 2, 50, 100, 50)
    )
    assert (wren.name, wren.gt_known_loc, wren.top1_clas, wren.top1_loc) == ("wren", 100, 50, 50)
    assert found.several is not None
    assert (found.several.images, found.several.gt_known_loc) == (1, 100)
    assert found.top5_loc == 50  # of three hits one has rank 6
    mean = np.mean([row.max_box_acc_v2 for row in found.classes])
    assert found.max_box_acc_v2 == pytest.approx(float(mean))
    assert found.max_box_acc_v2 == pytest.approx(np.mean(found.max_box_acc_v2_levels))


def test_every_figure_lies_in_its_interval() -> None:
    found = evaluate(_samples(), PLAIN, None, silent_reporter())
    names = {"gt_known_loc", "top1_clas", "top1_loc", "top5_loc", "max_box_acc", "max_box_acc_v2"}
    assert set(found.intervals) == names
    for name, (low, high) in found.intervals.items():
        assert low <= getattr(found, name) <= high
        assert low < high


def test_oracle_stands_beside_the_validated_threshold() -> None:
    truth = Box(60, 60, 160, 160)
    core, halo = _block((60, 60, 160, 160)), np.ones((224, 224))
    wants_high = Sample(np.where(core > 0, 1.0, halo * 0.5), 224, 224, [truth], 0, 0)
    part = _block((100, 100, 130, 130))
    wants_low = Sample(np.where(part > 0, 1.0, core * 0.4), 224, 224, [truth], 0, 0)
    found = evaluate([wants_low], PLAIN, [wants_high], silent_reporter(), "val")
    assert (found.threshold_from, found.threshold_split) == ("tuning", "val")
    assert found.max_box_acc == 0
    assert found.oracle is not None
    assert found.oracle.max_box_acc == 100
    assert found.oracle.threshold < 0.4 < found.best_threshold
