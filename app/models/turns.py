"""Answers about the same things that come out of turn, since two threads read beside each other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Turns(Generic[T]):
    """Tells which answer is older than one that is shown already.

    A question is asked after the change that it is about is on disk. So the one asked last knows
    of every change, and whatever is asked before it may not.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._all = 0  # the question that was answered for everything
        self._newest: dict[T, int] = {}  # what was answered since

    def ask(self) -> int:
        """The question's turn."""
        self._asked += 1
        return self._asked

    def answer(self, turn: int, things: Iterable[T]) -> set[T]:
        """For which of these the answer is no older than what is shown."""
        fresh = {each for each in things if turn >= self._newest.get(each, self._all)}
        self._newest.update(dict.fromkeys(fresh, turn))
        return fresh

    def answer_all(self, turn: int) -> set[T]:
        """Everything is shown as of this turn now; of these a newer answer was shown before."""
        self._all = turn
        self._newest = {each: newer for each, newer in self._newest.items() if newer > turn}
        return set(self._newest)
