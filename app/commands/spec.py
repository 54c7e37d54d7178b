"""What a command is: its words, keys, scope and icon."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a key counts."""

    WINDOW = "window"  # everywhere in the main window
    REVIEW = "review"  # while the focus is in the review page
    CANVAS = "canvas"  # while the focus is on the image itself
    WHY = "why"  # while the focus is in the why view
    GRID = "grid"  # while the focus is in the grid


_WITHIN = {
    Scope.CANVAS: Scope.REVIEW,
    Scope.REVIEW: Scope.WINDOW,
    Scope.WHY: Scope.WINDOW,
    Scope.GRID: Scope.WINDOW,
}


def scopes_overlap(a: Scope, b: Scope) -> bool:
    """True if a key of ``a`` and the same key of ``b`` could be meant at once."""
    return a in _enclosing(b) or b in _enclosing(a)


def _enclosing(scope: Scope) -> list[Scope]:
    chain = [scope]
    while chain[-1] in _WITHIN:
        chain.append(_WITHIN[chain[-1]])
    return chain


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. ``shortcuts`` are portable key texts, the first is the one that is shown."""

    id: str
    text: str
    shortcuts: tuple[str, ...] = ()
    scope: Scope = Scope.WINDOW
    icon: str | None = None
    tip: str = ""
    checkable: bool = False
    short: str = ""  # the text in the tool bar, where it differs
    repeats: bool = True  # whether holding the key down repeats the action


def review(
    name: str, text: str, *keys: str, icon: str | None = None, tip: str = "", repeats: bool = True
) -> ActionSpec:
    return ActionSpec(name, text, keys, Scope.REVIEW, icon, tip, repeats=repeats)


def toggle(name: str, text: str, *keys: str, icon: str | None = None, tip: str = "") -> ActionSpec:
    """A command of the review page that is on or off."""
    return ActionSpec(name, text, keys, Scope.REVIEW, icon, tip, checkable=True, repeats=False)


def canvas(name: str, text: str, *keys: str, tip: str = "") -> ActionSpec:
    return ActionSpec(name, text, keys, Scope.CANVAS, None, tip)


def in_room(
    scope: Scope,
    name: str,
    text: str,
    *keys: str,
    icon: str | None = None,
    tip: str = "",
    checks: bool = False,
) -> ActionSpec:
    """A command of a room in the review's place. Holding its key down does it once."""
    return ActionSpec(name, text, keys, scope, icon, tip, checkable=checks, repeats=False)
