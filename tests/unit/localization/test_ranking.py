"""Rank correlations of measures with how well boxes fit."""

from __future__ import annotations

import pytest

from engine.localization.ranking import LEAST_IMAGES, rank_correlation, rank_correlations


def test_only_the_order_counts() -> None:
    images = [
        {"iou": at / 50, "entropy": 2.0**-at, "pointing": at**3} for at in range(LEAST_IMAGES)
    ]
    assert rank_correlation(images, "entropy") == pytest.approx(-1)
    assert rank_correlation(images, "pointing") == pytest.approx(1)


def test_nothing_is_claimed_of_what_tells_nothing() -> None:
    same: list[dict[str, float | None]] = [{"iou": at / 50, "entropy": 0.5} for at in range(30)]
    assert rank_correlation(same, "entropy") is None
    few = [{"iou": at / 50, "entropy": at} for at in range(LEAST_IMAGES - 1)]
    assert rank_correlation(few, "entropy") is None
    unknown = [{"iou": None, "entropy": float(at)} for at in range(30)]
    assert rank_correlation(unknown, "entropy") is None
    assert "iou" not in rank_correlations(same)
