"""What the sample project shows: its species and scenes, read from the resources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

Colour = tuple[int, int, int]  # sRGB, 0 to 255


@dataclass(frozen=True, slots=True)
class Species:
    """A class: the plumage all share, and the small ``part`` that tells this one from the others.

    ``home`` is the scenery it mostly stands in; lengths are in lengths of the body.
    """

    name: str
    home: str
    part: str
    part_colour: Colour
    back: Colour
    belly: Colour
    wing: Colour
    wing_edge: Colour
    bill: Colour
    leg: Colour
    bill_length: float


@dataclass(frozen=True, slots=True)
class Scenery:
    """``horizon`` is the range of its height as a fraction of the image's, from the top.

    ``bounce`` is the colour of light that the ground sends back; ``rock`` that of stones.
    """

    stances: tuple[str, ...]
    bounce: Colour
    rock: Colour
    horizon: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scenes:
    """How many images there are and how they vary; sizes are (width, height) in pixels.

    ``home_share`` of a class's images show its home; ``bird_side`` is the range of the longer side
    of the bird as a fraction of the shorter side of the image.
    """

    images_per_class: int
    train_per_class: int
    home_share: float
    sizes: tuple[tuple[int, int], ...]
    size_weights: tuple[float, ...]
    bird_side: tuple[float, float]
    scenery: dict[str, Scenery]


@cache
def scenes() -> Scenes:
    return msgspec.convert(_read("scenes.json"), Scenes)


@cache
def species() -> tuple[Species, ...]:
    """All species, by name."""
    content = _read("species.json")
    return tuple(
        msgspec.convert(
            {"name": name, "part_colour": own.get("bill"), **content["common"], **own}, Species
        )
        for name, own in sorted(content["species"].items())
    )


def _read(name: str) -> Any:
    return msgspec.json.decode(files("resources").joinpath("sample", name).read_bytes())
