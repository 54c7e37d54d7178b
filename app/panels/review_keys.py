"""The keys of the review: which action does what, and which keys to show next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from app.actions import ActionRegistry
from app.commands.spec import Scope
from app.models.review_desk import ReviewDesk

if TYPE_CHECKING:
    from app.panels.review_page import ReviewPage

_ZOOM_STEP = 1.25
_NUDGES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_CLASS_KEYS = range(1, 10)


def bind_keys(page: ReviewPage, actions: ActionRegistry) -> None:
    """Let the registry's actions work on ``page``."""
    for action_id, slot in _slots(page).items():
        actions.bind(action_id, slot)
    actions.add_scope_to(page, Scope.REVIEW)
    actions.add_scope_to(page.stage.canvas, Scope.CANVAS)


def unbind_keys(page: ReviewPage, actions: ActionRegistry) -> None:
    """Take ``page`` off the registry's actions, before it goes."""
    for action_id in _slots(page):
        actions.unbind(action_id)


def next_keys(actions: ActionRegistry, desk: ReviewDesk) -> list[tuple[str, str]]:
    """Key and words of what a person is most likely to do now."""
    if desk.decided:
        wanted = {"review.accept": "Next", "box.new": "New box", "review.reset": "Undecide"}
    elif desk.shapes:
        wanted = {"review.accept": "Accept", "review.reject": "Reject", "review.skip": "Skip"}
        wanted["box.new"] = "New box"
    else:
        wanted = {"box.new": "New box", "review.reject": "Reject", "review.skip": "Skip"}
    return [(key, words) for name, words in wanted.items() if (key := actions.key_text(name))]


def _slots(page: ReviewPage) -> dict[str, Callable[..., Any]]:
    return {**_review(page), **_boxes(page), **_view(page)}


def _review(page: ReviewPage) -> dict[str, Callable[..., Any]]:
    flow = page.flow
    return {
        "review.accept": flow.accept,
        "review.reject": flow.reject,
        "review.skip": flow.skip,
        "review.reset": flow.reset,
        "review.next": flow.next,
        "review.previous": flow.previous,
        "review.next_unreviewed": flow.next_unreviewed,
    }


def _boxes(page: ReviewPage) -> dict[str, Callable[..., Any]]:
    edits, canvas = page.edits, page.stage.canvas
    slots: dict[str, Callable[..., Any]] = {
        "box.new": edits.start_drawing,
        "box.delete": edits.delete,
        "box.next": canvas.boxes.select_next,
        "box.previous": partial(canvas.boxes.select_next, -1),
        "box.select_all": canvas.boxes.select_all,
        "box.cancel": canvas.pointer.cancel,
        "box.paste_previous": edits.paste,
        "threshold.lower": partial(page.box_panel.proposals.step, -1),
        "threshold.raise": partial(page.box_panel.proposals.step, 1),
    }
    for name, (dx, dy) in _NUDGES.items():
        slots[f"box.nudge_{name}"] = partial(edits.nudge, dx, dy)
        slots[f"box.nudge_{name}_10"] = partial(edits.nudge, 10 * dx, 10 * dy)
    slots.update({f"box.class_{n}": partial(edits.choose_class, n) for n in _CLASS_KEYS})
    return slots


def _view(page: ReviewPage) -> dict[str, Callable[..., Any]]:
    canvas = page.stage.canvas
    return {
        "view.fit": canvas.fit,
        "view.actual_size": canvas.actual_size,
        "view.zoom_in": partial(canvas.zoom_by, _ZOOM_STEP),
        "view.zoom_out": partial(canvas.zoom_by, 1 / _ZOOM_STEP),
        "view.hide_boxes": lambda hidden: canvas.boxes.set_visible(not hidden),
        "view.heatmap": page.flow.show_heat,
    }
