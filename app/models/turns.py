"""Answers about the same things that come out of turn, since two threads read beside each other."""

from __future__ import annotations

from collections.abc import Iterable


class Turns:
    """Tells which answer is older than one that is shown already.

    A question is asked after the change that it is about is on disk. So the one asked last knows
    of every change, and whatever is asked before it may not.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._all = 0  # the question that was answered for everything
        self._newest: dict[int, int] = {}  # by id, what was answered since

    def ask(self) -> int:
        """The question's turn."""
        self._asked += 1
        return self._asked

    def answer(self, turn: int, ids: Iterable[int]) -> set[int]:
        """For which of these the answer is no older than what is shown."""
        fresh = {i for i in ids if turn >= self._newest.get(i, self._all)}
        self._newest.update(dict.fromkeys(fresh, turn))
        return fresh

    def answer_all(self, turn: int) -> None:
        """Everything is shown as it was in this turn, or later."""
        self._all = turn
        self._newest = {i: newer for i, newer in self._newest.items() if newer > turn}
