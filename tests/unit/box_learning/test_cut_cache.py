"""Cuts that are known are not cut again, and nothing stale is taken for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization import calibration
from engine.localization.sample import Sample
from engine.workflows import cut_cache
from engine.workflows.cut_cache import CutCache

USUAL = BoxSettings()


def _samples(count: int, seed: int = 0) -> list[Sample]:
    draw = np.random.default_rng(seed)
    maps = draw.random((count, 7, 7)).astype(np.float16)
    return [Sample(values, 70, 70, [Box(10, 10, 40, 50)], 3, 3) for values in maps]


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many samples were really cut, call by call."""
    cut: list[int] = []

    def counting(samples: list[Sample], *rest: object) -> calibration.Cuts:
        cut.append(len(samples))
        return calibration.cuts_of(samples, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(cut_cache, "cuts_of", counting)
    return cut


def test_only_what_is_new_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = _counted(monkeypatch)
    samples = _samples(6)
    file = tmp_path / "cache" / "cuts.npz"
    first = CutCache(file)
    first.cuts_of(samples[:4], USUAL)
    first.save()
    again = CutCache(file)
    found = again.cuts_of(samples, USUAL)
    assert cut == [4, 2]
    fresh = calibration.cuts_of(samples, USUAL, tuple(Normalisation))
    assert np.allclose(found.overlaps, fresh.overlaps, atol=1e-6)
    assert np.allclose(found.usual, fresh.usual, atol=1e-6)
    assert found.labels.tolist() == [3] * 6


def test_another_box_map_or_setting_is_cut_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = _counted(monkeypatch)
    (sample,) = _samples(1)
    cache = CutCache()
    for one, usual in (
        (sample, USUAL),
        (sample, USUAL),
        (replace(sample, truth=[Box(10, 10, 40, 51)]), USUAL),
        (replace(sample, values=_samples(1, 1)[0].values), USUAL),
        (sample, replace(USUAL, threshold=0.3)),
    ):
        cache.cuts_of([one], usual)
    assert cut == [1, 1, 1, 1]


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "cuts.npz"
    for content in (b"torn", b""):
        file.write_bytes(content)
        cache = CutCache(file)
        assert cache.cuts_of(_samples(2), USUAL).usual.shape == (2,)
        cache.save()
        assert CutCache(file).cuts_of(_samples(2), USUAL).usual.shape == (2,)
    np.savez(file, names=np.zeros((1, 16), np.uint8), rows=np.zeros((1, 5), np.float32))
    assert CutCache(file).cuts_of(_samples(2), USUAL).usual.shape == (2,)


def test_no_sample_is_no_error() -> None:
    assert CutCache().cuts_of([], USUAL).overlaps.shape[1] == 0
