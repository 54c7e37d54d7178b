"""The box model: several heads, each trained without its share of the images.

Together they propose; each alone judges the boxes that it has not seen, so that a threshold, a
fallback and a probability rest on honest predictions without another training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.settings import BoxModelSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.cache import Grid
from engine.learning.box_model.ensemble import Ensemble
from engine.learning.box_model.fitting import fit
from engine.learning.box_model.head import ONE, SEVERAL, Head
from engine.learning.box_model.targets import make_targets

Floats = NDArray[np.float32]

#: Examples from which on more steps pay.
MANY_EXAMPLES = 100
#: To tell objects apart is learned more slowly.
SEVERAL_FACTOR = 2
#: New examples that an update's usual steps are meant for.
NEW_EXAMPLES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One image to learn from: ``grid`` (C, h, w), ``boxes`` (m, 4) xyxy in fractions of the
    image (none: nothing is there), its ``weight``, and ``fold``, which of the heads must not see
    it; the same number in every training, so that an update keeps that promise."""

    grid: Grid
    boxes: NDArray[np.floating]
    fold: int
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class BoxModel:
    """``grids_key`` names the features it was made for; ``trained`` tells how many it saw."""

    heads: tuple[Head, ...]
    settings: BoxModelSettings
    channels: int
    grids_key: str
    trained: int

    @property
    def several(self) -> bool:
        """Whether it tells several objects in an image apart."""
        return self.heads[0].several

    def logits(self, grids: Floats, members: Sequence[int] | None = None) -> Floats:
        """Grids (n, C, h, w) to logits (n, L, h, w), the mean over heads and mirror images.

        ``members``: only these heads.
        """
        found: Floats = self.views(grids, members).mean(0)
        return found

    def views(self, grids: Floats, members: Sequence[int] | None = None) -> Floats:
        """Logits (2, n, L, h, w), the mean over heads: of the images, and of their mirror images
        turned back."""
        heads = self.heads if members is None else [self.heads[member] for member in members]
        batch = torch.from_numpy(np.asarray(grids, np.float32)).to(_device(heads[0]))
        found: Floats = Ensemble(heads).views(batch).cpu().numpy()
        return found


def train_box_model(
    examples: Sequence[Example],
    settings: BoxModelSettings,
    grids_key: str,
    reporter: Reporter,
    before: BoxModel | None = None,
    device: torch.device | None = None,
    several: bool = False,
) -> BoxModel:
    """Train on ``examples``; from the heads of ``before`` in a fraction of the steps, if it fits.
    ``several``: to tell several objects in an image apart.

    Raises InputError if there is no example with a box, JobCancelled between two steps.
    """
    if not any(len(example.boxes) for example in examples):
        raise InputError("There is no accepted box to learn from.", remedy="Accept some boxes.")
    channels = examples[0].grid.shape[0]
    warm = before is not None and fits(before, settings, grids_key, channels, several)
    steps = first_steps(settings, len(examples))
    if warm and before is not None:
        steps = min(steps, later_steps(settings, len(examples) - before.trained))
    steps *= SEVERAL_FACTOR if several else 1
    heads = []
    for member in range(settings.members):
        reporter.progress(member, settings.members, "heads", "Learning from your boxes")
        head = _new_head(channels, settings, member, several)
        if warm and before is not None:
            head.load_state_dict(before.heads[member].state_dict())
        head.to(device or torch.device("cpu"))
        seed = settings.seed * 1000 + member + (100 * len(examples) if warm else 0)
        _fit_member(head, member, examples, steps, seed, settings, reporter)
        heads.append(head)
    reporter.progress(settings.members, settings.members, "heads", "Learning from your boxes")
    return BoxModel(tuple(heads), settings, channels, grids_key, len(examples))


def first_steps(settings: BoxModelSettings, examples: int) -> int:
    """Steps from nothing: up to twice as many where there is more to learn from."""
    return round(settings.steps * min(2.0, max(1.0, examples / MANY_EXAMPLES)))


def later_steps(settings: BoxModelSettings, new: int) -> int:
    """Steps of an update: for each ten images that are new the usual number."""
    return round(settings.update_steps * max(1.0, new / NEW_EXAMPLES))


def fits(
    model: BoxModel,
    settings: BoxModelSettings,
    grids_key: str,
    channels: int,
    several: bool = False,
) -> bool:
    """Whether ``model`` can be gone on with for these settings and features."""
    return (
        model.grids_key == grids_key
        and model.channels == channels
        and len(model.heads) == settings.members
        and model.settings.width == settings.width
        and model.several == several
    )


def fewest_seen(examples: Sequence[Example], members: int) -> int:
    """How many images with boxes the head sees that sees fewest."""
    folds = [e.fold % members for e in examples if len(e.boxes)]
    judged = [folds.count(member) for member in range(members)]
    return min(len(folds) - count for count in judged) if folds else 0


def unseen_views(model: BoxModel, examples: Sequence[Example]) -> Floats:
    """Logits (2, n, L, h, w) of each example by the head that was trained without it."""
    logits = SEVERAL if model.several else ONE
    found = np.zeros((2, len(examples), logits, *examples[0].grid.shape[1:]), np.float32)
    for member in range(len(model.heads)):
        own = [i for i, e in enumerate(examples) if e.fold % len(model.heads) == member]
        for start in range(0, len(own), 64):
            part = own[start : start + 64]
            grids = np.stack([examples[i].grid for i in part])
            found[:, part] = model.views(grids.astype(np.float32), [member])
    return found


def _fit_member(
    head: Head,
    member: int,
    examples: Sequence[Example],
    steps: int,
    seed: int,
    settings: BoxModelSettings,
    reporter: Reporter,
) -> None:
    own = [e for e in examples if e.fold % settings.members != member]
    if not any(len(e.boxes) for e in own):
        raise InputError("There are too few accepted boxes to judge a box model by.")
    size = own[0].grid.shape[1:]
    targets = make_targets([e.boxes for e in own], [e.weight for e in own], size, head.several)
    grids = torch.from_numpy(np.stack([e.grid for e in own]))
    fit(head, grids, targets, steps, seed, settings, reporter)


def _new_head(channels: int, settings: BoxModelSettings, member: int, several: bool) -> Head:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed * 1000 + member)
        return Head(channels, settings, several)


def _device(head: Head) -> torch.device:
    return next(head.parameters()).device
