"""Which tiles are selected, and from where: what keys and mouse do in every list of files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Selection:
    """Rows of a list of ``count``; ``current`` has the focus, ``anchor`` is where a range began."""

    count: int = 0
    current: int = 0
    anchor: int = 0
    rows: set[int] = field(default_factory=set)

    @property
    def meant(self) -> list[int]:
        """What an act is about: the selected rows, or the current one if there are none."""
        if self.count == 0:
            return []
        return sorted(self.rows) if self.rows else [self.current]

    def reset(self, count: int, current: int = 0) -> None:
        """Another list."""
        self.count = count
        self.current = self.anchor = min(max(current, 0), max(count - 1, 0))
        self.rows.clear()

    def move(self, to: int, extend: bool = False) -> None:
        """Go to ``to``; ``extend`` selects all from the anchor, else the old selection goes."""
        if self.count == 0:
            return
        self.current = min(max(to, 0), self.count - 1)
        if extend:
            self.rows = self._range()
        else:
            self.anchor = self.current
            self.rows.clear()

    def click(self, row: int, toggle: bool = False, extend: bool = False) -> None:
        """A click on ``row``, with Ctrl (``toggle``) or Shift (``extend``)."""
        self.current = row
        if extend:
            self.rows = self._range() | (self.rows if toggle else set())
            return
        if toggle:
            self.rows ^= {row}
        else:
            self.rows = {row}
        self.anchor = row

    def band(self, rows: Iterable[int], before: set[int]) -> None:
        """A rubber band takes ``rows``, beside those selected ``before``."""
        self.rows = before | set(rows)

    def select_all(self) -> None:
        self.rows = set(range(self.count))

    def clear(self) -> None:
        self.rows.clear()

    def _range(self) -> set[int]:
        first, last = sorted((self.anchor, self.current))
        return set(range(first, last + 1))
