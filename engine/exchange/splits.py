"""Train, val and test by ratio and seed; an image is never in two."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from engine.domain.errors import InputError
from engine.exchange.counts import SPLITS


def assign_splits(
    strata: Mapping[str, str | None],
    ratios: Sequence[float],
    seed: int = 0,
    stratified: bool = True,
) -> dict[str, str]:
    """The split of each image path of ``strata`` (path -> class, or None).

    ``ratios`` are the shares of train, val and test, of any sum. Which images go where depends on
    ``seed`` and the paths alone, not on their order. With ``stratified`` each class is shared out
    by itself: every split gets its whole part of each class, what remains goes where most is
    missing over all, and a class with one image goes into train if train has a share.
    Raises InputError for ratios that are none.
    """
    shares = _shares(ratios)
    groups: dict[str, list[str]] = defaultdict(list)
    for path, stratum in strata.items():
        groups[(stratum or "") if stratified else ""].append(path)
    given, wanted = [0] * len(SPLITS), [0.0] * len(SPLITS)
    splits: dict[str, str] = {}
    for _name, paths in sorted(groups.items()):
        wanted = [w + share * len(paths) for w, share in zip(wanted, shares, strict=True)]
        missing = [w - g for w, g in zip(wanted, given, strict=True)]
        sizes = _sizes(len(paths), shares, missing)
        given = [g + size for g, size in zip(given, sizes, strict=True)]
        names = [name for name, size in zip(SPLITS, sizes, strict=True) for _ in range(size)]
        splits.update(zip(_shuffled(paths, seed), names, strict=True))
    return splits


def _sizes(count: int, shares: Sequence[float], missing: Sequence[float]) -> list[int]:
    """How many of ``count`` images each split gets."""
    sizes = [math.floor(share * count + 1e-9) for share in shares]
    lacking = [m - size for m, size in zip(missing, sizes, strict=True)]
    while sum(sizes) < count:
        starved = shares[0] > 0 and sizes[0] == 0
        chosen = 0 if starved else max(_with_share(shares), key=lambda i: (lacking[i], -i))
        sizes[chosen] += 1
        lacking[chosen] -= 1
    return sizes


def _with_share(shares: Sequence[float]) -> list[int]:
    return [index for index, share in enumerate(shares) if share > 0]


def _shuffled(paths: Iterable[str], seed: int) -> list[str]:
    def key(path: str) -> bytes:
        return hashlib.blake2b(f"{seed}\0{path}".encode("utf-8", "surrogateescape")).digest()

    return sorted(paths, key=key)


def _shares(ratios: Sequence[float]) -> list[float]:
    usable = len(ratios) == len(SPLITS) and all(math.isfinite(r) and r >= 0 for r in ratios)
    total = sum(ratios) if usable else 0.0
    if not 0 < total < math.inf:
        raise InputError(
            f"The ratios {', '.join(map(str, ratios))} cannot share anything out.",
            remedy="Give three numbers for train, val and test, such as 70,15,15.",
        )
    return [ratio / total for ratio in ratios]
