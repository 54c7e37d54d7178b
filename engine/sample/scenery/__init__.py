"""Backgrounds, one kind a file. A painter gives (height, width, 3) linear light for a Frame."""

from __future__ import annotations

from collections.abc import Callable

from engine.sample.frame import Frame
from engine.sample.noise import Field
from engine.sample.scenery import forest, meadow, sand, sea, snow

PAINTERS: dict[str, Callable[[Frame], Field]] = {
    "sea": sea.paint,
    "meadow": meadow.paint,
    "sand": sand.paint,
    "forest": forest.paint,
    "snow": snow.paint,
}
