"""The keys of the review: which action does what, and which keys to show next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.actions import ActionRegistry
from app.canvas.pointer import Mode
from app.commands.spec import Scope
from app.i18n import tr
from app.models.review_desk import ReviewDesk
from app.models.shapes import undecided
from app.panels.canvas_keys import canvas_slots, restore_toggles

if TYPE_CHECKING:
    from app.panels.review_page import ReviewPage


def bind_keys(page: ReviewPage, actions: ActionRegistry) -> None:
    """Let the registry's actions work on ``page``."""
    for action_id, slot in _slots(page).items():
        actions.bind(action_id, slot)
    restore_toggles(page, actions)
    actions.add_scope_to(page, Scope.REVIEW)
    actions.add_scope_to(page.stage.canvas, Scope.CANVAS)


def unbind_keys(page: ReviewPage, actions: ActionRegistry) -> None:
    """Take ``page`` off the registry's actions, before it goes."""
    for action_id in _slots(page):
        actions.unbind(action_id)


def next_keys(
    actions: ActionRegistry, desk: ReviewDesk, chosen: int, mode: Mode = Mode.SELECT
) -> list[tuple[str, str]]:
    """Key and words of what a person is most likely to do now, with ``chosen`` boxes selected."""
    if mode is not Mode.SELECT:
        wanted = {"box.place": tr("In the middle")} if mode is Mode.DRAW else {}
        wanted["box.cancel"] = tr("Stop drawing")
    elif desk.decided:
        wanted = {
            "review.accept": tr("Next"),
            "box.new": tr("New box"),
            "review.reset": tr("Undecide"),
        }
    elif desk.shapes:
        wanted = _keys_of_boxes(desk, chosen)
    else:
        wanted = {
            "box.new": tr("New box"),
            "review.reject": tr("Reject"),
            "review.skip": tr("Skip"),
        }
    return [(key, words) for name, words in wanted.items() if (key := actions.key_text(name))]


def _keys_of_boxes(desk: ReviewDesk, chosen: int) -> dict[str, str]:
    """For an image that waits, with ``chosen`` of its boxes selected."""
    some = 0 < chosen < len(desk.shapes)
    wanted = {"review.accept": _accepting(desk, some)}
    if not desk.begun:
        wanted |= {"review.reject": tr("Reject"), "review.skip": tr("Skip")}
    if some:
        wanted |= {"box.accept": tr("This box"), "box.skip": tr("Later")}
        if not desk.begun:
            wanted["box.keep"] = tr("Only this") if chosen == 1 else tr("Only these")
    elif len(desk.shapes) > 1:
        wanted["box.next"] = tr("Next box")
    return wanted | {"box.redraw": tr("Redraw"), "box.new": tr("New box")}


def _accepting(desk: ReviewDesk, some: bool) -> str:
    """What accepting the image does; ``some``: a part of its boxes is selected."""
    if desk.put_off:
        return tr("Go on")
    if desk.begun and undecided(desk.shapes):
        return tr("The rest")
    return tr("All") if some else tr("Accept")


def _slots(page: ReviewPage) -> dict[str, Callable[..., Any]]:
    return {**_review(page), **canvas_slots(page)}


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
        "review.lane": page.lane.set_on,
        "review.next_class": page.lane.next_class,
        "review.search": page.queue.search.setFocus,
    }
