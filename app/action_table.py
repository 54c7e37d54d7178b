"""All commands of the window in one table, and how menus and the tool bar order them."""

from __future__ import annotations

from app.commands import canvas, grid, project, review, why
from app.commands.spec import ActionSpec

ACTIONS: tuple[ActionSpec, ...] = (
    *project.FILE,
    *project.JOBS,
    *review.EDIT,
    *review.REVIEW,
    *canvas.BOX,
    *review.THRESHOLD,
    *canvas.VIEW,
    *grid.OPEN,
    *grid.GRID,
    *why.OPEN,
    *why.WHY,
    *why.REPORT,
    *project.HELP,
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
    "&Edit": (
        "edit.undo",
        "edit.redo",
        "edit.history",
        SEPARATOR,
        "class.edit",
        SEPARATOR,
        "box.select_all",
        "box.copy",
        "box.paste",
        "box.paste_previous",
        "box.duplicate",
    ),
    "&Review": (
        "review.accept",
        "review.reject",
        "review.skip",
        "review.reset",
        SEPARATOR,
        "review.next",
        "review.previous",
        "review.next_unreviewed",
        "review.search",
        SEPARATOR,
        "review.label",
        "review.note",
        "review.checks",
        SEPARATOR,
        "review.lane",
        "review.next_class",
        "grid.open",
    ),
    "&Box": (
        "box.new",
        "box.new_points",
        "box.keep_drawing",
        "box.snap",
        SEPARATOR,
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
        "view.keep_zoom",
        "view.loupe",
        SEPARATOR,
        "view.hide_boxes",
        "view.hide_class",
        "view.show_classes",
        "view.heatmap",
        SEPARATOR,
        (
            "&Brightness and contrast",
            "view.brighter",
            "view.darker",
            "view.more_contrast",
            "view.less_contrast",
            "view.plain_tones",
        ),
        "why.open",
        SEPARATOR,
        ("&Appearance", "view.theme_system", "view.theme_light", "view.theme_dark"),
    ),
    "&Machine": ("job.train", "job.resume", "job.propose", "job.report", SEPARATOR, "job.cancel"),
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
    SEPARATOR,
    "grid.open",
    "why.open",
)
