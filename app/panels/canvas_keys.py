"""Which action does what to boxes, and to how the image is seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from app.actions import ActionRegistry
from app.canvas.grips import Grip
from app.canvas.pointer import Mode
from app.canvas.tones import Tones
from app.preferences import HEATMAP, KEEP_ZOOM, LOUPE, SNAP

if TYPE_CHECKING:
    from app.panels.review_page import ReviewPage

Slots = dict[str, Callable[..., Any]]

_ZOOM_STEP = 1.25
_NUDGES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_CLASS_KEYS = range(1, 10)

#: Toggles that last from one start to the next.
_KEPT = (KEEP_ZOOM, SNAP, HEATMAP, LOUPE)
#: Toggles of the page: another page begins with them as they are.
_OF_THE_PAGE = ("view.hide_boxes", "box.keep_drawing")


def canvas_slots(page: ReviewPage) -> Slots:
    return {**_drawing(page), **_boxes(page), **_places(page), **_view(page), **_tones(page)}


def restore_toggles(page: ReviewPage, actions: ActionRegistry) -> None:
    """Let the page be as the toggles say, those kept from the last time first."""
    for kept in _KEPT:
        actions.action(kept.action).setChecked(page.settings.switch(kept))
    slots = canvas_slots(page)
    for name in (*(kept.action for kept in _KEPT), *_OF_THE_PAGE):
        slots[name](actions.action(name).isChecked())


def _drawing(page: ReviewPage) -> Slots:
    edits, pointer = page.edits, page.stage.canvas.pointer

    def keep_drawing(on: bool) -> None:
        pointer.keeps_drawing = on

    def snap(on: bool) -> None:
        pointer.stage.snaps = on
        page.settings.set_preference(SNAP, on)

    return {
        "box.new": partial(edits.start_drawing, Mode.DRAW),
        "box.new_points": partial(edits.start_drawing, Mode.POINTS),
        "box.redraw": edits.start_redrawing,
        "box.place": pointer.place,
        "box.keep_drawing": keep_drawing,
        "box.snap": snap,
        "box.cancel": page.escape,
    }


def _boxes(page: ReviewPage) -> Slots:
    edits, boxes = page.edits, page.stage.canvas.boxes
    slots: Slots = {
        "box.delete": edits.delete,
        "box.accept": page.decisions.accept,
        "box.skip": page.decisions.skip,
        "box.keep": page.decisions.keep,
        "box.duplicate": edits.duplicate,
        "box.copy": edits.copy,
        "box.paste": edits.paste,
        "box.paste_previous": edits.paste_last,
        "box.next": boxes.select_next,
        "box.previous": partial(boxes.select_next, -1),
        "box.select_all": boxes.select_all,
        "threshold.lower": partial(page.box_panel.proposals.step, -1),
        "threshold.raise": partial(page.box_panel.proposals.step, 1),
    }
    slots.update({f"box.class_{n}": partial(edits.choose_class, n) for n in _CLASS_KEYS})
    return slots


def _places(page: ReviewPage) -> Slots:
    edits = page.edits
    slots: Slots = {}
    for name, (dx, dy) in _NUDGES.items():
        slots[f"box.nudge_{name}"] = partial(edits.nudge, dx, dy)
        slots[f"box.nudge_{name}_10"] = partial(edits.nudge, 10 * dx, 10 * dy)
        edge, word = (Grip.RIGHT, "right") if dx else (Grip.BOTTOM, "bottom")
        slots[f"box.{word}_edge_{name}"] = partial(edits.stretch, edge, dx, dy)
        slots[f"box.{word}_edge_{name}_10"] = partial(edits.stretch, edge, 10 * dx, 10 * dy)
    return slots


def _view(page: ReviewPage) -> Slots:
    canvas, edits = page.stage.canvas, page.edits

    def keep_zoom(on: bool) -> None:
        canvas.navigator.keeps_zoom = on
        page.settings.set_preference(KEEP_ZOOM, on)

    def show_loupe(on: bool) -> None:
        canvas.look.set_loupe(on)
        page.settings.set_preference(LOUPE, on)

    def show_heat(on: bool) -> None:
        page.shown.show_heat(on)
        page.settings.set_preference(HEATMAP, on)

    return {
        "view.fit": canvas.fit,
        "view.actual_size": canvas.actual_size,
        "view.zoom_in": partial(canvas.zoom_by, _ZOOM_STEP),
        "view.zoom_out": partial(canvas.zoom_by, 1 / _ZOOM_STEP),
        "view.keep_zoom": keep_zoom,
        "view.loupe": show_loupe,
        "view.hide_boxes": lambda hidden: canvas.boxes.set_visible(not hidden),
        "view.hide_class": edits.hide_class,
        "view.show_classes": partial(edits.hide_classes, ()),
        "view.heatmap": show_heat,
    }


def _tones(page: ReviewPage) -> Slots:
    stage = page.stage

    def change(step: Callable[[Tones], Tones]) -> Callable[[], None]:
        return lambda: stage.set_tones(step(stage.canvas.look.tones))

    return {
        "view.brighter": change(lambda tones: tones.brighter(1)),
        "view.darker": change(lambda tones: tones.brighter(-1)),
        "view.more_contrast": change(lambda tones: tones.stronger(1)),
        "view.less_contrast": change(lambda tones: tones.stronger(-1)),
        "view.plain_tones": change(lambda _tones: Tones()),
    }
