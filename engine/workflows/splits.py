"""Rows of a split file as a choice of images."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from engine.domain.errors import InputError
from engine.exchange.tables import read_splits


def rows_named(split: Path, names: Collection[str]) -> set[str]:
    """Image paths whose split is one of ``names``. Raises InputError if there is none."""
    chosen = {image for image, name in read_splits(split).items() if name in names}
    if not chosen:
        wanted = " or ".join(sorted(names))
        raise InputError(f"No row is in split {wanted}.", path=split)
    return chosen
