"""One picture: a bird placed in its scene, with shadow, reflection and things in front."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.domain.geometry import Box
from engine.sample.bird import Cutout, paint_bird
from engine.sample.frame import Frame, linear, make_frame, make_light, mix, scaled, smooth
from engine.sample.noise import Field, Textures, look_up
from engine.sample.perches import DISTRACTORS, PERCHES, put
from engine.sample.plan import PicturePlan
from engine.sample.pose import make_pose
from engine.sample.scenery import PAINTERS
from engine.sample.scenery.meadow import blades
from engine.sample.scenery.parts import blur, shift
from engine.sample.shapes import Point
from engine.sample.specs import Scenery, Scenes


@dataclass(frozen=True, slots=True)
class Picture:
    """``colour`` (h, w, 3) is linear light; ``box`` the tight extent of the bird as it is seen."""

    colour: Field
    box: Box


@dataclass(frozen=True, slots=True)
class _Placed:
    """A bird in the grid of its picture; ``unit`` is the length of its body in pixels."""

    colour: Field
    alpha: Field
    foot: Point
    unit: float


def compose(
    plan: PicturePlan, scenes: Scenes, textures: Textures, rng: np.random.Generator
) -> Picture:
    scenery = scenes.scenery[plan.scenery]
    light = make_light(rng)
    side = rng.uniform(*scenes.bird_side) * min(plan.size)
    pose = make_pose(rng, plan.stance)
    unit = float(side / 1.75)
    bounce = linear(scenery.bounce) * 1.1
    cutout = paint_bird(plan.species, pose, unit, light, bounce, textures, rng)
    if rng.random() < 0.5:
        cutout = _mirrored(cutout)
    bird = _place(cutout, unit, plan.size, rng)
    horizon = rng.uniform(*scenery.horizon) * plan.size[1]
    if plan.stance in ("ground", "float"):
        horizon = min(horizon, bird.foot[1] - 0.1 * plan.size[1])
    frame = make_frame(plan.size, float(horizon), light, textures, rng)
    ground = _distracted(frame, plan.scenery, scenery, PAINTERS[plan.scenery](frame), unit)
    return _finished(frame, plan, scenery, ground, bird)


def _mirrored(cutout: Cutout) -> Cutout:
    width = cutout.alpha.shape[1]
    foot = (width - cutout.foot[0] * 1.0, cutout.foot[1])
    return Cutout(cutout.colour[:, ::-1], cutout.alpha[:, ::-1], foot)


def _place(cutout: Cutout, unit: float, size: tuple[int, int], rng: np.random.Generator) -> _Placed:
    """Anywhere in the picture, and now and then a little out of it."""
    rows, columns = (
        np.flatnonzero(cutout.alpha.max(1) > 0.5),
        np.flatnonzero(cutout.alpha.max(0) > 0.5),
    )
    extent = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    margin = 0.02 if rng.random() < 0.88 else -0.08
    corner = []
    for axis in (0, 1):
        length, gap = extent[axis + 2] - extent[axis], margin * size[axis]
        low, high = gap, size[axis] - length - gap
        corner.append(rng.uniform(min(low, high), max(low, high)) - extent[axis])
    dx, dy = round(corner[0]), round(corner[1])
    moved = np.asarray([[1, 0, dx], [0, 1, dy]], np.float32)
    colour = cv2.warpAffine(cutout.colour, moved, size, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(cutout.alpha, moved, size)
    foot = (cutout.foot[0] + dx, cutout.foot[1] + dy)
    return _Placed(np.asarray(colour, np.float32), np.asarray(alpha, np.float32), foot, unit)


def _distracted(frame: Frame, name: str, scenery: Scenery, picture: Field, unit: float) -> Field:
    for _ in range(int(frame.rng.choice([0, 0, 1, 2]))):
        kinds = DISTRACTORS[name]
        kind = kinds[frame.rng.integers(len(kinds))]
        y = frame.pick(frame.horizon + 0.05 * frame.height, frame.height)
        nearness = 0.4 + 0.6 * (y - frame.horizon) / frame.height
        foot = (frame.pick(0, frame.width), y)
        size = unit * nearness * frame.pick(0.4, 0.9)
        picture = put(kind, frame, scenery, foot, size, picture)
    return picture


def _finished(
    frame: Frame, plan: PicturePlan, scenery: Scenery, ground: Field, bird: _Placed
) -> Picture:
    foot_share = bird.foot[1] / frame.height
    near = smooth(foot_share + 0.08, 1.1, frame.y / frame.height)
    ground = mix(ground, blur(ground, frame.side * 0.009), near)
    alpha = bird.alpha
    if plan.stance in PERCHES:
        ground = put(PERCHES[plan.stance], frame, scenery, bird.foot, bird.unit, ground)
        ground = _contact(frame, ground, bird, 0.25)
    elif plan.stance == "float":
        ground, alpha = _afloat(frame, ground, bird)
    else:
        ground = _contact(frame, _shadowed(frame, ground, bird), bird, 0.45)
    picture = mix(ground, blur(bird.colour, 0.45), alpha)
    picture, alpha = _in_front(frame, plan.scenery, picture, alpha, bird)
    return Picture(picture, tight_box(alpha))


def tight_box(alpha: Field) -> Box:
    """The extent of the pixels that are more than half covered."""
    seen = alpha > 0.5
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def _shadowed(frame: Frame, ground: Field, bird: _Placed) -> Field:
    """The bird's shadow laid on level ground away from the sun."""
    lx, ly, _ = frame.light.direction
    lean, squash = -lx / max(-ly, 0.2) * 0.7, 0.22
    fy = bird.foot[1]
    matrix = np.asarray([[1, -lean, lean * fy], [0, squash, fy * (1 - squash)]], np.float32)
    cast = cv2.warpAffine(bird.alpha, matrix, (frame.width, frame.height))
    cast = blur(np.asarray(cast, np.float32), bird.unit * 0.03)
    strength = frame.light.sun[1] / (frame.light.sun[1] + 0.9)
    cool = np.asarray([0.95, 0.9, 0.8], np.float32)
    return np.asarray(ground * (1 - scaled(cool, strength * cast)), np.float32)


def _contact(frame: Frame, ground: Field, bird: _Placed, strength: float) -> Field:
    x = (frame.x - bird.foot[0]) / (bird.unit * 0.3)
    y = (frame.y - bird.foot[1]) / (bird.unit * 0.06)
    return scaled(ground, 1 - strength * np.exp(-(x * x + y * y)))


def _afloat(frame: Frame, water: Field, bird: _Placed) -> tuple[Field, Field]:
    """The hull cut off by a moving water line, and its broken reflection below."""
    line = bird.foot[1]
    du, dv = shift(frame)
    wave = look_up(frame.textures.ripples, frame.x * 0.8 + du, frame.y * 2.2 + dv)
    above = np.clip(line + wave * bird.unit * 0.008 - frame.y, 0, 1)
    sway = wave * bird.unit * 0.04 * np.clip((frame.y - line) / (bird.unit * 0.3), 0, 1)
    source = (frame.x + sway, 2 * line - frame.y + wave * bird.unit * 0.015)
    image = cv2.remap(bird.colour, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shape = cv2.remap(bird.alpha, *source, cv2.INTER_LINEAR)
    depth = np.clip((frame.y - line) / (bird.unit * 0.8), 0, 1)
    share = blur(np.asarray(shape, np.float32), 0.8) * (frame.y > line) * (0.62 - 0.5 * depth)
    water = mix(water, np.asarray(image, np.float32) * 0.55, share.astype(np.float32))
    water = _contact(frame, water, bird, 0.35)
    return water, (bird.alpha * above).astype(np.float32)


def _in_front(
    frame: Frame, name: str, picture: Field, alpha: Field, bird: _Placed
) -> tuple[Field, Field]:
    """Grass, twigs or flakes nearer than the bird, out of focus; they hide parts of it."""
    layer = np.zeros((frame.height, frame.width, 4), np.float32)
    if name in ("meadow", "forest", "sand") and frame.rng.random() < 0.6:
        _grass_in_front(frame, layer, bird, linear((120, 140, 60)))
    if name == "snow" and frame.rng.random() < 0.5:
        _flakes(frame, layer)
    if not layer.any():
        return picture, alpha
    layer = blur(layer, frame.side * 0.004)
    share = np.clip(layer[..., 3], 0, 1)
    hidden = alpha * (1 - share)
    return scaled(picture, 1 - share) + layer[..., :3], hidden


def _grass_in_front(frame: Frame, layer: Field, bird: _Placed, base: Field) -> None:
    low = max(bird.foot[1] - frame.horizon, 1.0) / frame.height
    rgb = np.zeros((frame.height, frame.width, 3), np.float32)
    count = int(frame.rng.integers(4, 50))
    before = frame.rng.bit_generator.state
    blades(frame, rgb, base, count, low)
    frame.rng.bit_generator.state = before
    cover = np.zeros((frame.height, frame.width, 3), np.float32)
    blades(frame, cover, base, count, low, solid=True)
    layer[..., :3] += rgb
    layer[..., 3] = np.maximum(layer[..., 3], cover[..., 0])


def _flakes(frame: Frame, layer: Field) -> None:
    for _ in range(int(frame.rng.integers(20, 90))):
        centre = (int(frame.pick(0, frame.width)), int(frame.pick(0, frame.height)))
        radius = max(1, int(frame.side * frame.pick(0.002, 0.011)))
        strength = frame.pick(0.3, 0.85)
        white = (0.9 * strength, 0.92 * strength, 0.95 * strength, strength)
        cv2.circle(layer, centre, radius, white, -1, cv2.LINE_AA)
