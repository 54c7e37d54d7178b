"""Training of one head: seconds on a CPU, or a second from where it stood."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.domain.settings import BoxModelSettings
from engine.jobs.reporter import Reporter
from engine.learning.box_model.arithmetic import fast_arithmetic
from engine.learning.box_model.head import Head, profiles
from engine.learning.box_model.object_targets import object_loss
from engine.learning.box_model.targets import Targets

#: The schedule's rise needs two steps.
_SHORTEST = 10


def fit(
    head: Head,
    grids: Tensor,
    targets: Targets,
    steps: int,
    seed: int,
    settings: BoxModelSettings,
    reporter: Reporter,
) -> None:
    """Train ``head`` in place on grids (n, C, h, w) for ``steps``; it is in eval afterwards.

    Half of the images are mirrored: features of the mirrored image and mirrored features differ
    little, and need to be computed once. Batches depend on ``seed`` alone. Raises JobCancelled.
    """
    draw = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(
        head.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=max(steps, _SHORTEST), pct_start=0.2
    )
    device = next(head.parameters()).device
    head.train()
    with torch.random.fork_rng(devices=[]):  # dropout draws from the global stream
        torch.manual_seed(seed)
        for chosen in _batches(len(grids), steps, settings.batch_size, draw):
            reporter.check()
            mirrored = torch.rand(len(chosen), generator=draw) < 0.5
            batch = grids[chosen].to(device).float()
            batch = torch.where(mirrored[:, None, None, None].to(device), batch.flip(3), batch)
            with fast_arithmetic(device):
                logits = head(batch)
            value = loss(logits.float(), targets.of(chosen).mirrored(mirrored).to(device))
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    head.eval()


def loss(logits: Tensor, targets: Targets) -> Tensor:
    """Cross-entropy of cells, columns and rows against the shares that boxes cover of them, and
    where there are several objects what tells them apart."""
    columns, rows = profiles(logits[:, 1])
    per_image = (
        _cross_entropy(logits[:, 0].flatten(1), targets.mask.flatten(1))
        + _cross_entropy(columns, targets.columns) / 2
        + _cross_entropy(rows, targets.rows) / 2
    )
    found = (per_image * targets.weight).sum() / targets.weight.sum()
    if targets.objects is not None:
        found = found + object_loss(logits, targets.objects, targets.weight)
    return found


def _cross_entropy(logits: Tensor, shares: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, shares, reduction="none").mean(1)


def _batches(count: int, steps: int, size: int, draw: torch.Generator) -> list[Tensor]:
    """``steps`` batches of ``size`` indices; every image comes once before any comes again."""
    passes = -(-steps * size // max(count, 1))
    order = torch.cat([torch.randperm(count, generator=draw) for _ in range(max(passes, 1))])
    return [order[start : start + size] for start in range(0, steps * size, size)]
