"""A process's share of a batch that several processes compute together.

What depends on the whole batch goes through here, so that N processes compute what one would:
random masks are drawn for the whole batch by every process, from the same stream, and each keeps
the rows of its own images; means and batch norm's statistics are taken over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learning.parallel import Group


@dataclass(frozen=True)
class Share:
    """``rows`` (n,) are this process's images among the ``total`` of the batch.

    ``weight`` is the number of images that it speaks for: n, or 0 where none of its images could
    be read and a blank one stands in.
    """

    group: Group
    rows: Tensor
    total: int
    weight: int

    @property
    def fraction(self) -> float:
        """Of the batch's loss; 1 for a process that is alone."""
        return self.weight / self.total if self.group.count > 1 else 1.0

    @property
    def whole(self) -> bool:
        """Whether every process has all images, as there are fewer than processes."""
        return self.total < self.group.count


_share: ContextVar[Share | None] = ContextVar("share", default=None)


@contextmanager
def sharing(share: Share | None) -> Iterator[None]:
    """Compute inside as one of several processes; with None, alone."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def present_share() -> Share | None:
    """The share under way; None for a process that has the whole batch to itself."""
    return _share.get()


def uniform(
    shape: tuple[int, ...], device: torch.device, generator: torch.Generator | None = None
) -> Tensor:
    """Numbers in [0, 1) of ``shape``, (images, ...): for these images what one process draws."""
    share = _share.get()
    if share is None or generator is not None:
        return torch.rand(shape, generator=generator, device=device)
    return torch.rand((share.total, *shape[1:]), device=device)[share.rows.to(device)]


def whole_numbers(high: int, count: int, device: torch.device) -> Tensor:
    """Numbers in 0..high - 1 for ``count`` images, as ``uniform``."""
    share = _share.get()
    if share is None:
        return torch.randint(high, (count,), device=device)
    return torch.randint(high, (share.total,), device=device)[share.rows.to(device)]


def batch_mean(value: Tensor) -> Tensor:
    """The mean over the whole batch of a scalar that is a mean over this process's images."""
    share = _share.get()
    if share is None or share.whole:
        return value
    sums = torch.stack([value * share.weight, value.new_tensor(share.weight)])
    total, count = share.group.add_up(sums).unbind()
    return total / count
