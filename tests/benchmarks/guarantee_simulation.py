"""How often "accept the rest" breaks its promise.

Run: ``python -m tests.benchmarks.guarantee_simulation``.

Each repetition makes a world of boxes with scores and truths, lets chance choose the reviewed ones,
asks for the floor, and counts what was accepted below the promised share. Worlds are chosen to be
awkward: the true share just at the promise, scores that say nothing or lie, small rests, and a
queue that takes away the least sure boxes before the rest is accepted.

The second table is of a person who asks again after every few random reviews, with scores learned
anew each time, and takes the first yes: with the plain test of each answer, and as it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.localization.asking import Asked, answer
from engine.localization.guarantee import Guarantee, Promise, find_floor

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


@dataclass(frozen=True)
class Patience:
    """A person asks from ``first`` random reviews on after every ``step`` more, until ``last``.

    Each time a share ``relearned`` of what the scores say is new. ``rate`` of the boxes is right.
    """

    boxes: int
    first: int
    step: int
    last: int
    rate: float
    relearned: float = 0.2


PATIENCE = {
    "asks after every 5, just below": Patience(4000, 60, 5, 280, 0.9499),
    "asks after every 2, just below": Patience(2000, 60, 2, 130, 0.9499),
    "small project, just below": Patience(600, 60, 5, 200, 0.9499),
    "asks after every 20, a little above": Patience(4000, 60, 20, 420, 0.97),
    "asks after every 20, well above": Patience(4000, 60, 20, 420, 0.985),
}


def asking_broken(name: str, repetitions: int, seed: int, divided: bool) -> Outcome:
    """Play one kind of patience; ``divided``: with the risk divided among the questions."""
    patience = PATIENCE[name]
    promised, broken, accepted = 0, 0, 0
    for repetition in range(repetitions):
        draw = np.random.default_rng([seed, repetition])
        taken = _first_yes(patience, draw, divided)
        if taken is not None:
            promised, accepted = promised + 1, accepted + len(taken)
            broken += taken.mean() < Promise().share
    return Outcome(promised / repetitions, broken / repetitions, accepted / max(promised, 1))


def _first_yes(patience: Patience, draw: np.random.Generator, divided: bool) -> Bools | None:
    """Which of the boxes accepted at the first yes are right; None if there is none."""
    right = draw.permutation(np.arange(patience.boxes) < round(patience.rate * patience.boxes))
    scores = draw.random(patience.boxes)
    asked: list[Asked] = []
    for reviewed in range(patience.first, patience.last + 1, patience.step):
        fresh = draw.random(patience.boxes) < patience.relearned
        scores = np.where(fresh, draw.random(patience.boxes), scores)
        own = (scores[:reviewed].tolist(), right[:reviewed].tolist(), scores[reviewed:].tolist())
        found = _ask(own, asked) if divided else find_floor(*own, Promise())
        if found.floor is not None:
            return right[reviewed:][scores[reviewed:] >= found.floor]
    return None


def _ask(own: tuple[list[float], list[bool], list[float]], asked: list[Asked]) -> Guarantee:
    found, look = answer(*own, Promise(), asked)
    if look is not None and not look.known:
        asked.append(look.asked)
    return found


def _asking_table(repetitions: int) -> None:
    print("| a person | plain: yes | broken | divided: yes | broken | boxes |")  # noqa: T201
    print("|---|---|---|---|---|---|")  # noqa: T201
    for name in PATIENCE:
        plain, divided = (asking_broken(name, repetitions, 0, way) for way in (False, True))
        figures = f"{plain.promised:.1%} | {plain.broken:.1%} | {divided.promised:.1%}"
        more = f"{divided.broken:.1%} | {divided.accepted:.0f}"
        print(f"| {name} | {figures} | {more} |", flush=True)  # noqa: T201


def main() -> None:
    lines = ["| world | floor found | promise broken | boxes accepted |", "|---|---|---|---|"]
    for name in WORLDS:
        found = broken_share(name, 1000, seed=0)
        figures = f"{found.promised:.1%} | {found.broken:.1%} | {found.accepted:.0f}"
        lines.append(f"| {name} | {figures} |")
        print(lines[-1], flush=True)  # noqa: T201
    _asking_table(300)


if __name__ == "__main__":
    main()
