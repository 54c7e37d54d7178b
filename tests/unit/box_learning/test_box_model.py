"""The box model's parts: targets, extent maps, projection, cache, files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.domain.errors import CheckpointError, InputError
from engine.domain.settings import BoxModelSettings, BoxSettings, Normalisation
from engine.jobs.reporter import silent_reporter
from engine.learning.box_model.cache import FeatureCache
from engine.learning.box_model.ensemble import Ensemble
from engine.learning.box_model.extent_maps import extent_map
from engine.learning.box_model.files import load_box_model, save_box_model
from engine.learning.box_model.head import Head, profiles
from engine.learning.box_model.model import (
    Example,
    fewest_seen,
    fits,
    train_box_model,
    unseen_views,
)
from engine.learning.box_model.prior import with_prior
from engine.learning.box_model.projection import fit_projection, load_projection, sampled_cells
from engine.learning.box_model.targets import make_targets
from engine.localization.boxes import derive_boxes

SETTINGS = BoxModelSettings(members=2, steps=60, update_steps=4, width=12, device="cpu")
CUT = BoxSettings(Normalisation.MAX, 40.0, 0.5)


def _example(seed: int, fold: int) -> Example:
    """Cells inside the box have another mean in the first of three features."""
    draw = np.random.default_rng(seed)
    grid = draw.normal(0, 0.3, (3, 12, 12)).astype(np.float16)
    x, y = draw.integers(1, 5, 2)
    width, height = draw.integers(4, 7, 2)
    grid[0, y : y + height, x : x + width] += 2
    box = np.array([[x, y, x + width, y + height]]) / 12
    return Example(grid, box, fold)


def test_targets_are_the_share_that_boxes_cover() -> None:
    targets = make_targets(
        [np.array([[0.25, 0.0, 0.875, 0.5]]), np.empty((0, 4))], [1, 0.5], (2, 4)
    )
    assert targets.columns[0].tolist() == [0, 1, 1, 0.5]
    assert targets.rows[0].tolist() == [1, 0]
    assert targets.mask[0].tolist() == [[0, 1, 1, 0.5], [0, 0, 0, 0]]
    assert targets.mask[1].sum() == 0
    turned = targets.mirrored(torch.tensor([True, False]))
    assert turned.columns[0].tolist() == [0.5, 1, 1, 0]
    assert turned.rows.equal(targets.rows)


def test_two_boxes_make_the_union_of_their_cells() -> None:
    boxes = np.array([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]])
    mask = make_targets([boxes], [1], (2, 2)).mask[0]
    assert mask.tolist() == [[1, 0], [0, 1]]


def test_an_extent_map_is_cut_into_the_box_even_between_cells() -> None:
    mask = np.full((20, 20), -6.0)
    extent = np.full((20, 20), -8.0)
    mask[5:15, 8:12] = 6  # a thin body
    extent[5:15, 9] = 6  # the outermost parts speak for their rows and columns
    extent[10, 6:14] = 6
    found = derive_boxes(extent_map(np.stack([mask, extent])), 20, 20, CUT)[0].box
    assert found.as_tuple() == pytest.approx((6, 5, 14, 15), abs=0.5)


def test_several_objects_make_several_rectangles() -> None:
    logits = np.full((2, 24, 24), -7.0)
    for y, x in ((2, 2), (14, 15)):
        logits[:, y : y + 6, x : x + 6] = 6
    one = extent_map(logits, objects=1)
    both = extent_map(logits, objects=4)
    assert len(derive_boxes(one, 24, 24, replace(CUT, multiple=True))) == 1
    assert len(derive_boxes(both, 24, 24, replace(CUT, multiple=True))) == 2
    assert both[4, 17] < 0.1  # no box where one's rows cross the other's columns


def test_profiles_agree_with_the_map() -> None:
    extent = torch.full((1, 5, 7), -9.0)
    extent[0, 2, 3] = 9
    columns, rows = profiles(extent)
    assert columns[0].argmax() == 3
    assert rows[0].argmax() == 2
    assert columns.shape == (1, 7)
    assert rows.shape == (1, 5)


def test_it_learns_and_judges_boxes_unseen() -> None:
    examples = [_example(seed, seed) for seed in range(24)]
    model = train_box_model(examples, SETTINGS, "key", silent_reporter())
    views = unseen_views(model, examples)
    logits = views.mean(0)
    hits = 0
    for example, part in zip(examples, logits, strict=True):
        box = derive_boxes(extent_map(part), 1, 1, CUT)[0].box
        hits += np.abs(np.array(box.as_tuple()) - example.boxes[0]).max() < 0.12
    assert hits >= 16
    again = train_box_model(examples, SETTINGS, "key", silent_reporter())
    assert np.array_equal(unseen_views(again, examples), views)  # a seed, one result


def test_a_head_never_sees_its_share() -> None:
    """Its boxes may say anything: what it says of them stays the same."""
    examples = [_example(seed, seed) for seed in range(12)]
    odd = [
        replace(e, boxes=np.array([[0, 0, 0.1, 0.1]])) if e.fold % 2 == 0 else e for e in examples
    ]
    one = train_box_model(examples, SETTINGS, "key", silent_reporter())
    other = train_box_model(odd, SETTINGS, "key", silent_reporter())
    even = [i for i, e in enumerate(examples) if e.fold % 2 == 0]
    assert np.array_equal(unseen_views(one, examples)[:, even], unseen_views(other, odd)[:, even])


def test_folds_that_leave_a_head_without_boxes_are_noticed() -> None:
    assert fewest_seen([_example(0, 2 * i) for i in range(6)], 2) == 0
    assert fewest_seen([_example(0, i) for i in range(6)], 2) == 3
    with pytest.raises(InputError):
        train_box_model([_example(0, 2)] * 3, SETTINGS, "key", silent_reporter())
    empty = replace(_example(0, 0), boxes=np.empty((0, 4)))
    with pytest.raises(InputError, match="no accepted box"):
        train_box_model([empty], SETTINGS, "key", silent_reporter())


def test_an_update_goes_on_and_another_key_does_not() -> None:
    examples = [_example(seed, seed) for seed in range(12)]
    first = train_box_model(examples, SETTINGS, "key", silent_reporter())
    assert fits(first, SETTINGS, "key", 3)
    assert not fits(first, SETTINGS, "other", 3)
    assert not fits(first, replace(SETTINGS, members=3), "key", 3)
    update = train_box_model(examples, SETTINGS, "key", silent_reporter(), first)
    fresh = train_box_model(examples, SETTINGS, "other", silent_reporter(), first)
    grids = np.stack([e.grid for e in examples]).astype(np.float32)
    moved = np.abs(update.logits(grids) - first.logits(grids)).mean()
    assert 0 < moved < 2
    assert np.array_equal(fresh.logits(grids), first.logits(grids))  # the same beginning


def test_a_model_comes_back_from_its_file(tmp_path: Path) -> None:
    examples = [_example(seed, seed) for seed in range(8)]
    model = train_box_model(examples, SETTINGS, "key", silent_reporter())
    path = tmp_path / "runs" / "model.safetensors"
    assert load_box_model(path) is None
    save_box_model(model, path)
    loaded = load_box_model(path)
    assert loaded is not None
    assert (loaded.grids_key, loaded.trained, loaded.settings) == ("key", 8, SETTINGS)
    assert np.array_equal(unseen_views(loaded, examples), unseen_views(model, examples))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_box_model(path)


def test_the_projection_keeps_what_varies(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    hidden = draw.normal(size=(2, 600))
    features = (draw.normal(size=(10, 2)) @ hidden).T + draw.normal(0, 0.01, (600, 10))
    projection = fit_projection(features.astype(np.float32), 2)
    grids = features.astype(np.float32).T.reshape(1, 10, 20, 30)
    small = projection.apply(grids)
    assert small.shape == (1, 2, 20, 30)
    assert float(np.square(small.astype(float)).mean()) == pytest.approx(1, abs=0.1)
    projection.save(tmp_path / "p.npz")
    loaded = load_projection(tmp_path / "p.npz")
    assert loaded is not None
    assert loaded.digest == projection.digest
    (tmp_path / "p.npz").write_bytes(b"PK torn")
    assert load_projection(tmp_path / "p.npz") is None
    assert sampled_cells(np.zeros((3, 7, 40, 40), np.float32)).shape[1] == 7


def test_the_cache_is_bounded_and_forgives_damage(tmp_path: Path) -> None:
    grid = np.ones((4, 5, 5), np.float16)
    cache = FeatureCache(tmp_path, "one", limit=1000)
    assert [cache.put(name, grid) for name in "abcdef"] == [True] * 5 + [False]
    found = cache.get("a")
    assert found is not None
    assert np.array_equal(found, grid)
    assert isinstance(found, np.memmap)
    (tmp_path / "one" / "b.npy").write_bytes(b"torn")
    assert cache.get("b") is None
    assert cache.get("missing") is None
    other = FeatureCache(tmp_path, "two", limit=1000)  # the older key makes room
    assert not (tmp_path / "one").exists()
    assert other.put("a", grid)


def test_the_prior_is_one_more_feature() -> None:
    grid = np.zeros((3, 4, 4), np.float16)
    values = np.linspace(5, 9, 16).reshape(4, 4)
    found = with_prior(grid, values)
    assert found.shape == (4, 4, 4)
    assert found[3].min() < 0 < found[3].max()
    assert not with_prior(grid, None)[3].any()
    assert not with_prior(grid, np.ones((2, 2)))[3].any()


def test_a_head_takes_any_grid() -> None:
    head = Head(5, SETTINGS)
    assert head(torch.zeros(2, 5, 7, 9)).shape == (2, 2, 7, 9)


def test_heads_answered_at_once_say_what_each_says() -> None:
    heads = [Head(5, replace(SETTINGS, seed=seed)).eval() for seed in range(3)]
    grids = torch.randn(4, 5, 7, 9)
    with torch.no_grad():
        plain = torch.stack([head(grids) for head in heads]).mean(0)
        turned = torch.stack([head(grids.flip(3)).flip(3) for head in heads]).mean(0)
    found = Ensemble(heads).views(grids)
    assert found.shape == (2, 4, 2, 7, 9)
    assert torch.allclose(found, torch.stack([plain, turned]), atol=0.02)  # of two-byte products
