"""Which picture shows what: classes, sceneries and splits, drawn before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.sample.specs import Scenes, Species


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """``path`` is relative to the folder of images; ``index`` seeds the picture's own chance."""

    index: int
    path: str
    species: Species
    scenery: str
    stance: str
    size: tuple[int, int]
    split: str


def make_plans(scenes: Scenes, kinds: tuple[Species, ...], seed: int) -> list[PicturePlan]:
    """All pictures, class by class. Train and test have the same share of homes."""
    rng = np.random.default_rng([seed, 1])
    plans: list[PicturePlan] = []
    for species in kinds:
        for number, (scenery, split) in enumerate(_places(scenes, species, rng)):
            stances = scenes.scenery[scenery].stances
            size = scenes.sizes[rng.choice(len(scenes.sizes), p=scenes.size_weights)]
            stance = stances[rng.integers(len(stances))]
            path = f"{species.name}/{species.name}_{number + 1:03}.jpg"
            plans.append(PicturePlan(len(plans), path, species, scenery, stance, size, split))
    return plans


def _places(scenes: Scenes, species: Species, rng: np.random.Generator) -> list[tuple[str, str]]:
    """(scenery, split) of each picture of a class, shuffled."""
    others = [name for name in scenes.scenery if name != species.home]
    places: list[tuple[str, str]] = []
    test = scenes.images_per_class - scenes.train_per_class
    for split, count in (("train", scenes.train_per_class), ("test", test)):
        away = round(count * (1 - scenes.home_share))
        chosen = [species.home] * (count - away)
        chosen += [others[k % len(others)] for k in rng.permutation(max(away, len(others)))[:away]]
        places += [(scenery, split) for scenery in chosen]
    return [places[k] for k in rng.permutation(len(places))]
