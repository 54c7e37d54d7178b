"""Shapes as signed distances (negative inside), in lengths of the body."""

from __future__ import annotations

import numpy as np

from engine.sample.noise import Field

Point = tuple[float, float]


def capsule(x: Field, y: Field, a: Point, b: Point, radius_a: float, radius_b: float) -> Field:
    """A stroke from ``a`` to ``b`` with round ends whose radius changes along it."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = along(x, y, a, b)
    u, v = x - (a[0] + t * dx), y - (a[1] + t * dy)
    distance = np.sqrt(u * u + v * v)
    return np.asarray(distance - (radius_a + (radius_b - radius_a) * t), np.float32)


def along(x: Field, y: Field, a: Point, b: Point) -> Field:
    """Where on the way from ``a`` (0) to ``b`` (1) each point is, kept to that range."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = ((x - a[0]) * dx + (y - a[1]) * dy) / max(dx * dx + dy * dy, 1e-9)
    return np.asarray(np.clip(t, 0.0, 1.0), np.float32)


def ellipse(x: Field, y: Field, centre: Point, half: Point, angle: float) -> Field:
    """Approximate distance; ``half`` are the half axes, ``angle`` in radians from x to y."""
    cos, sin = np.cos(angle), np.sin(angle)
    u = ((x - centre[0]) * cos + (y - centre[1]) * sin) / half[0]
    v = (-(x - centre[0]) * sin + (y - centre[1]) * cos) / half[1]
    return np.asarray((np.sqrt(u * u + v * v) - 1) * min(half), np.float32)


def joined(a: Field, b: Field, softness: float) -> Field:
    """Union with a fillet of about ``softness`` (polynomial smooth minimum)."""
    share = np.clip(0.5 + 0.5 * (b - a) / softness, 0.0, 1.0)
    return np.asarray(b + (a - b) * share - softness * share * (1 - share), np.float32)


def coverage(distance: Field, pixels: float) -> Field:
    """Share of each pixel inside, at ``pixels`` per unit."""
    return np.asarray(np.clip(0.5 - distance * pixels, 0.0, 1.0), np.float32)


def inflated(distance: Field, radius: float) -> Field:
    """Height of a rounded solid over the shape: 0 at its outline, level ``radius`` inside it."""
    depth = np.clip(-distance, 0.0, radius)
    return np.asarray(np.sqrt(depth * (2 * radius - depth)), np.float32)
