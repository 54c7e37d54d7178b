"""Every action of the window as data: its words, keys, scope and icon; and how menus order them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Where a key counts."""

    WINDOW = "window"  # everywhere in the main window
    REVIEW = "review"  # while the focus is in the review page
    CANVAS = "canvas"  # while the focus is on the image itself


_WITHIN = {Scope.CANVAS: Scope.REVIEW, Scope.REVIEW: Scope.WINDOW}


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


def _review(
    name: str, text: str, *keys: str, icon: str | None = None, tip: str = "", repeats: bool = True
) -> ActionSpec:
    return ActionSpec(name, text, keys, Scope.REVIEW, icon, tip, repeats=repeats)


def _canvas(name: str, text: str, *keys: str, tip: str = "") -> ActionSpec:
    return ActionSpec(name, text, keys, Scope.CANVAS, None, tip)


_FILE = (
    ActionSpec(
        "file.new_project",
        "&New project…",
        ("Ctrl+N", "Ctrl+U"),
        icon="new",
        tip="Make a project from a folder of images",
    ),
    ActionSpec(
        "file.open",
        "&Open project…",
        ("Ctrl+O",),
        icon="open",
        tip="Open a project",
        short="Open",
    ),
    ActionSpec("file.sample", "Open the &sample project", icon="sample"),
    ActionSpec(
        "file.rescan",
        "&Look for new images",
        ("F5",),
        icon="refresh",
        tip="Bring in images that were added to the folder since",
    ),
    ActionSpec(
        "file.locate_images",
        "Locate the &images…",
        icon="missing",
        tip="Tell where the folder of images has gone",
    ),
    ActionSpec(
        "file.export",
        "&Export…",
        ("Ctrl+E",),
        icon="export",
        tip="Write the boxes as COCO, Pascal VOC, YOLO or CSV",
    ),
    ActionSpec(
        "file.import",
        "&Import boxes…",
        ("Ctrl+I",),
        tip="Take in boxes of another tool",
    ),
    ActionSpec("file.close_project", "&Close project", ("Ctrl+W",)),
    ActionSpec("file.saved", "Save", ("Ctrl+S",), tip="Everything is saved as you go"),
    ActionSpec("file.quit", "&Quit", ("Ctrl+Q",)),
)

_JOBS = (
    ActionSpec(
        "job.train",
        "&Train…",
        ("Ctrl+T",),
        icon="train",
        tip="Train a network on the image labels",
    ),
    ActionSpec("job.resume", "&Resume training", tip="Go on with the training that was stopped"),
    ActionSpec(
        "job.propose",
        "&Propose boxes…",
        ("Ctrl+P",),
        icon="propose",
        tip="Let the trained network propose boxes",
        short="Propose",
    ),
    ActionSpec("job.cancel", "&Cancel the running job", ("Ctrl+.",), icon="cancel"),
)

_EDIT = (
    ActionSpec("edit.undo", "Undo", ("Ctrl+Z",), icon="undo"),
    ActionSpec("edit.redo", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), icon="redo"),
)

_REVIEW = (
    _review(
        "review.accept",
        "&Accept and go on",
        "Space",
        icon="accept",
        tip="Accept the boxes as they are and go to the next image",
        repeats=False,
    ),
    _review(
        "review.reject",
        "Re&ject",
        "X",
        icon="reject",
        tip="This image gets no box",
        repeats=False,
    ),
    _review("review.skip", "&Skip", "S", icon="skip", tip="Decide later", repeats=False),
    _review("review.reset", "Back to &unreviewed", "U", repeats=False),
    _review("review.next", "&Next image", "D", icon="next"),
    _review("review.previous", "&Previous image", "A", icon="previous"),
    _review("review.next_unreviewed", "Next un&reviewed image", "Ctrl+D", icon="next_unreviewed"),
)

_BOX = (
    _review("box.new", "&New box", "W", "R", icon="box_new", tip="Draw a box by dragging"),
    _review("box.delete", "&Delete box", "Del", "Backspace", icon="box_delete"),
    _canvas("box.next", "Ne&xt box", "Tab"),
    _canvas("box.previous", "Pre&vious box", "Shift+Tab"),
    _canvas("box.select_all", "Select &all boxes", "Ctrl+A"),
    _canvas("box.cancel", "Stop drawing, select nothing", "Esc"),
    _review("box.paste_previous", "Copy boxes from the &last image", "Ctrl+V", icon="paste"),
    _canvas("box.nudge_left", "Move box left", "Left", tip="Move the box by 1 px"),
    _canvas("box.nudge_right", "Move box right", "Right", tip="Move the box by 1 px"),
    _canvas("box.nudge_up", "Move box up", "Up", tip="Move the box by 1 px"),
    _canvas("box.nudge_down", "Move box down", "Down", tip="Move the box by 1 px"),
    _canvas("box.nudge_left_10", "Move box left by 10", "Shift+Left", tip="Move the box by 10 px"),
    _canvas(
        "box.nudge_right_10", "Move box right by 10", "Shift+Right", tip="Move the box by 10 px"
    ),
    _canvas("box.nudge_up_10", "Move box up by 10", "Shift+Up", tip="Move the box by 10 px"),
    _canvas("box.nudge_down_10", "Move box down by 10", "Shift+Down", tip="Move the box by 10 px"),
    *(_review(f"box.class_{n}", f"Class {n}", str(n), repeats=False) for n in range(1, 10)),
)

_THRESHOLD = (
    _review("threshold.lower", "&Lower the threshold", "[", tip="Larger proposed boxes"),
    _review("threshold.raise", "Rai&se the threshold", "]", tip="Smaller proposed boxes"),
)

_VIEW = (
    _review("view.fit", "&Fit the image", "Ctrl+F", icon="fit"),
    _review("view.actual_size", "&Actual size (100 %)", "Ctrl+0", icon="actual_size"),
    _review("view.zoom_in", "Zoom &in", "Ctrl++", "Ctrl+=", icon="zoom_in"),
    _review("view.zoom_out", "Zoom &out", "Ctrl+-", icon="zoom_out"),
    ActionSpec(
        "view.hide_boxes",
        "&Hide boxes",
        ("Ctrl+H",),
        Scope.REVIEW,
        "hide_boxes",
        checkable=True,
        repeats=False,
    ),
    ActionSpec(
        "view.heatmap",
        "Heat&map",
        ("H",),
        Scope.REVIEW,
        "heatmap",
        "Show the score map over the image",
        checkable=True,
        repeats=False,
    ),
    ActionSpec("view.theme_system", "As the &system", checkable=True),
    ActionSpec("view.theme_light", "&Light", checkable=True),
    ActionSpec("view.theme_dark", "&Dark", checkable=True),
)

_HELP = (
    ActionSpec("help.keys", "All &keys…", ("F1",), icon="keys"),
    ActionSpec("help.log", "Show the &log file"),
    ActionSpec("help.about", "&About Boxwright"),
)

ACTIONS: tuple[ActionSpec, ...] = (
    *_FILE,
    *_JOBS,
    *_EDIT,
    *_REVIEW,
    *_BOX,
    *_THRESHOLD,
    *_VIEW,
    *_HELP,
)

SEPARATOR = "-"

#: Menu title -> action ids in order; a nested tuple is a submenu with its title first.
MenuItem = str | tuple[str, ...]
MENUS: dict[str, tuple[MenuItem, ...]] = {
    "&File": (
        "file.new_project",
        "file.open",
        "file.sample",
        SEPARATOR,
        "file.rescan",
        "file.locate_images",
        "file.import",
        "file.export",
        SEPARATOR,
        "file.close_project",
        "file.quit",
    ),
    "&Edit": ("edit.undo", "edit.redo", SEPARATOR, "box.select_all", "box.paste_previous"),
    "&Review": (
        "review.accept",
        "review.reject",
        "review.skip",
        "review.reset",
        SEPARATOR,
        "review.next",
        "review.previous",
        "review.next_unreviewed",
    ),
    "&Box": (
        "box.new",
        "box.delete",
        "box.next",
        "box.previous",
        SEPARATOR,
        "threshold.lower",
        "threshold.raise",
    ),
    "&View": (
        "view.fit",
        "view.actual_size",
        "view.zoom_in",
        "view.zoom_out",
        SEPARATOR,
        "view.hide_boxes",
        "view.heatmap",
        SEPARATOR,
        ("&Appearance", "view.theme_system", "view.theme_light", "view.theme_dark"),
    ),
    "&Machine": ("job.train", "job.resume", "job.propose", SEPARATOR, "job.cancel"),
    "&Help": ("help.keys", "help.log", "help.about"),
}

TOOL_BAR: tuple[str, ...] = (
    "file.open",
    SEPARATOR,
    "job.train",
    "job.propose",
    "file.export",
    SEPARATOR,
    "edit.undo",
    "edit.redo",
)
