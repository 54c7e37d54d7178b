"""How often "accept the rest" breaks its promise.

Run: ``python -m tests.benchmarks.guarantee_simulation``.

Each repetition makes a world of boxes with scores and truths, lets chance choose the reviewed ones,
asks for the floor, and counts what was accepted below the promised share. Worlds are chosen to be
awkward: the true share just at the promise, scores that say nothing or lie, small rests, and a
queue that takes away the least sure boxes before the rest is accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.localization.guarantee import Promise, find_floor

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    boxes: int
    reviewed: int
    make: Callable[[np.random.Generator, int], tuple[Floats, Bools]]
    taken_by_value: float = 0.0  # share of the others that a person reviews, least sure first


@dataclass(frozen=True)
class Outcome:
    """Shares of the repetitions: with a floor, and with a floor whose promise was broken."""

    promised: float
    broken: float
    accepted: float  # boxes, in the mean over those with a floor


def _flat(rate: float) -> Callable[[np.random.Generator, int], tuple[Floats, Bools]]:
    def make(draw: np.random.Generator, count: int) -> tuple[Floats, Bools]:
        return draw.random(count), draw.random(count) < rate

    return make


def _honest(draw: np.random.Generator, count: int) -> tuple[Floats, Bools]:
    scores = draw.beta(4, 1, count)
    return scores, draw.random(count) < scores


def _steep(draw: np.random.Generator, count: int) -> tuple[Floats, Bools]:
    """Just good enough from the median up, far from it below."""
    scores = draw.random(count)
    return scores, draw.random(count) < np.where(scores > 0.5, 0.955, 0.6)


def _lying(draw: np.random.Generator, count: int) -> tuple[Floats, Bools]:
    """The surest are the worst."""
    scores = draw.random(count)
    return scores, draw.random(count) < 0.99 - 0.08 * scores


WORLDS = {
    "share exactly as promised": World(4000, 200, _flat(0.95)),
    "share a little below": World(4000, 200, _flat(0.94)),
    "share a little above": World(1000, 300, _flat(0.965)),
    "small rest": World(400, 200, _flat(0.955)),
    "tiny rest": World(230, 200, _flat(0.965)),
    "honest scores": World(4000, 300, _honest),
    "good half, bad half": World(2000, 250, _steep),
    "lying scores": World(3000, 250, _lying),
    "least sure reviewed first": World(2000, 200, _honest, taken_by_value=0.3),
    "least sure reviewed first, flat": World(2000, 200, _flat(0.95), taken_by_value=0.3),
}


def broken_share(world_name: str, repetitions: int, seed: int) -> Outcome:
    """Play ``repetitions`` of one world."""
    world, promise = WORLDS[world_name], Promise()
    promised, broken, accepted = 0, 0, 0
    for repetition in range(repetitions):
        draw = np.random.default_rng([seed, repetition])
        scores, right = world.make(draw, world.boxes)
        chosen = draw.permutation(world.boxes)
        reviewed, others = chosen[: world.reviewed], chosen[world.reviewed :]
        others = others[np.argsort(scores[others])]
        rest = others[int(world.taken_by_value * len(others)) :]
        found = find_floor(
            scores[reviewed].tolist(), right[reviewed].tolist(), scores[rest].tolist(), promise
        )
        if found.floor is None:
            continue
        taken = rest[scores[rest] >= found.floor]
        promised, accepted = promised + 1, accepted + len(taken)
        broken += right[taken].mean() < promise.share
    return Outcome(promised / repetitions, broken / repetitions, accepted / max(promised, 1))


def main() -> None:
    lines = ["| world | floor found | promise broken | boxes accepted |", "|---|---|---|---|"]
    for name in WORLDS:
        found = broken_share(name, 1000, seed=0)
        figures = f"{found.promised:.1%} | {found.broken:.1%} | {found.accepted:.0f}"
        lines.append(f"| {name} | {figures} |")
        print(lines[-1], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
