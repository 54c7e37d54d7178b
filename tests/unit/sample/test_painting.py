"""What is painted: boxes fit the bird that is seen, classes differ where they should."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine.domain.geometry import Box
from engine.sample.bird import paint_bird
from engine.sample.camera import expose
from engine.sample.compose import compose, tight_box
from engine.sample.frame import make_light, mix, scaled
from engine.sample.noise import SIDE, Textures, look_up, make_textures
from engine.sample.plan import make_plans
from engine.sample.pose import make_pose
from engine.sample.scenery import PAINTERS
from engine.sample.specs import Species, scenes, species


@pytest.fixture(scope="module")
def textures() -> Textures:
    return make_textures(np.random.default_rng(0))


def painted(kind: Species, textures: Textures) -> tuple[np.ndarray, np.ndarray]:
    """The same bird (pose, light, noise) in the plumage of ``kind``."""
    rng = np.random.default_rng(5)
    pose, light = make_pose(rng, "ground"), make_light(rng)
    cutout = paint_bird(kind, pose, 90.0, light, np.full(3, 0.3), textures, rng)
    return cutout.colour, cutout.alpha


def test_specs_fit_together() -> None:
    assert {kind.home for kind in species()} == set(scenes().scenery) == set(PAINTERS)
    assert len({kind.part for kind in species()}) == len(species())
    assert sum(scenes().size_weights) == pytest.approx(1)
    assert len(scenes().size_weights) == len(scenes().sizes)


def test_most_pictures_of_a_class_show_its_home_but_not_all() -> None:
    plans = make_plans(scenes(), species(), 0)
    for split in ("train", "test"):
        at_home = Counter(p.scenery == p.species.home for p in plans if p.split == split)
        share = at_home[True] / at_home.total()
        assert share == pytest.approx(scenes().home_share, abs=0.05)
        assert share > 0.5


@pytest.mark.parametrize("kind", species(), ids=lambda kind: kind.name)
def test_every_class_has_its_part(kind: Species, textures: Textures) -> None:
    """Against the plain bird only the part's colour differs, in a small place."""
    plain = Species(**{f: getattr(kind, f) for f in Species.__slots__} | {"part": "none"})
    if kind.part == "bill":
        plain = Species(
            **{f: getattr(kind, f) for f in Species.__slots__}
            | {"bill": (58, 54, 52), "bill_length": 0.2}
        )
    own, own_alpha = painted(kind, textures)
    other, other_alpha = painted(plain, textures)
    seen = np.maximum(own_alpha, other_alpha) > 0.5
    changed = seen & (np.abs(own - other).max(-1) > 0.05)
    assert 0.01 < changed.sum() / (own_alpha > 0.5).sum() < 0.25


def test_box_is_the_extent_of_what_is_seen() -> None:
    alpha = np.zeros((40, 60))
    alpha[10:20, 5:31] = 1.0
    alpha[25, 50] = 0.4
    assert tight_box(alpha) == Box(5, 10, 31, 20)


@pytest.mark.parametrize("index", range(0, 240, 24))
def test_nothing_of_the_bird_lies_outside_its_box(index: int, textures: Textures) -> None:
    """Painted twice, in another plumage: all that changes much lies in the box, and fills it."""
    plan = make_plans(scenes(), species(), 0)[index]
    loud = Species(
        **{f: getattr(plan.species, f) for f in Species.__slots__}
        | dict.fromkeys(("back", "belly", "wing", "wing_edge", "bill", "leg"), (255, 0, 255))
        | {"part_colour": (255, 0, 255)}
    )
    pictures = [
        compose(p, scenes(), textures, np.random.default_rng([9, index]))
        for p in (
            plan,
            type(plan)(**{f: getattr(plan, f) for f in plan.__slots__} | {"species": loud}),
        )
    ]
    assert pictures[0].box == pictures[1].box
    box = pictures[0].box
    changed = np.abs(pictures[0].colour - pictures[1].colour).max(-1)
    if plan.stance == "float":  # the reflection changes too, but is not the bird
        changed[int(box.ymax) :] = 0
    rows, columns = np.nonzero(changed > 0.15)
    assert columns.min() >= box.xmin - 2
    assert columns.max() <= box.xmax + 1
    assert rows.min() >= box.ymin - 2
    assert rows.max() <= box.ymax + 1
    assert columns.max() - columns.min() > 0.85 * box.width
    assert rows.max() - rows.min() > 0.7 * box.height


def test_textures_have_no_seam(textures: Textures) -> None:
    line = np.arange(SIDE - 4, SIDE + 4, dtype=np.float32)[None]
    for texture in (textures.clouds, textures.ground, textures.ripples):
        assert texture.mean() == pytest.approx(0, abs=1e-3)
        assert texture.std() == pytest.approx(1, abs=1e-3)
    across = look_up(textures.clouds, line, np.full_like(line, 100.5))[0]
    assert np.abs(np.diff(across)).max() < 0.2
    assert np.allclose(
        across, look_up(textures.clouds, line + 3 * SIDE, line * 0 + 100.5)[0], atol=1e-3
    )


def test_mixing() -> None:
    red, blue = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
    share = np.array([[0.0, 0.25], [1.0, 0.5]])
    result = mix(red, blue, share)
    assert result[..., 0].tolist() == [[1.0, 0.75], [0.0, 0.5]]
    assert np.allclose(mix(result, blue, share)[0, 1], [0.5625, 0, 0.4375])
    assert np.allclose(mix(red, blue, 0.5), [0.5, 0, 0.5])
    assert np.allclose(scaled(result, share)[1, 0], [0, 0, 1])


def test_camera_neither_clips_nor_blackens(textures: Textures) -> None:
    for level in (0.05, 0.4, 2.0):
        flat = np.full((60, 80, 3), level)
        picture = expose(flat, textures.film, np.random.default_rng(1))
        assert picture.shape == (60, 80, 3)
        assert picture.dtype == np.uint8
        assert 60 < picture.mean() < 240
