"""Long lists of values in pieces that a statement can hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

#: How many values one statement lists; every database takes that many.
CHUNK = 1000


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """``values`` in lists of at most ``size``, for statements that list them."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
