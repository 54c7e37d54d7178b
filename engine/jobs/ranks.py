"""Which of several equal processes this is, as torchrun tells them. Torch-free.

Only the leading rank speaks and writes. An error is told once: by the rank that it befell first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.errors import BoxwrightError

_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Rank:
    """``index`` of ``count`` processes; ``local_index`` of the ``local_count`` on this machine."""

    index: int = 0
    count: int = 1
    local_index: int = 0
    local_count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files, rows and words."""
        return self.index == 0


ALONE = Rank()


def this_rank(environment: Mapping[str, str] = os.environ) -> Rank:
    """The rank of this process; the only one where torchrun did not start it."""
    if not all(name in environment for name in _NEEDED):
        return ALONE
    count = int(environment["WORLD_SIZE"])
    return Rank(
        int(environment["RANK"]),
        count,
        int(environment.get("LOCAL_RANK", "0")),
        int(environment.get("LOCAL_WORLD_SIZE", count)),
    )


class OwnRankError(BoxwrightError):
    """What befell this rank first, which it must tell although it may not lead."""

    def __init__(self, error: BoxwrightError) -> None:
        super().__init__(error.message, path=error.path, place=error.place, remedy=error.remedy)
        self.kind = error.kind


class OtherRankError(BoxwrightError):
    """What befell another rank first, which tells it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def is_told_here(error: BoxwrightError, rank: Rank) -> bool:
    """Whether this process is the one to tell ``error``.

    What happens before the ranks have joined happens to all of them, and the leader tells it.
    """
    if isinstance(error, OtherRankError):
        return False
    return rank.leads or isinstance(error, OwnRankError)
