"""Commands of boxes and of how the image is seen."""

from __future__ import annotations

from app.commands.spec import ActionSpec, Scope, canvas, review

BOX = (
    review("box.new", "&New box", "W", "R", icon="box_new", tip="Draw a box by dragging"),
    review("box.delete", "&Delete box", "Del", "Backspace", icon="box_delete"),
    canvas("box.next", "Ne&xt box", "Tab"),
    canvas("box.previous", "Pre&vious box", "Shift+Tab"),
    canvas("box.select_all", "Select &all boxes", "Ctrl+A"),
    canvas("box.cancel", "Stop drawing, select nothing", "Esc"),
    review("box.paste_previous", "Copy boxes from the &last image", "Ctrl+V", icon="paste"),
    canvas("box.nudge_left", "Move box left", "Left", tip="Move the box by 1 px"),
    canvas("box.nudge_right", "Move box right", "Right", tip="Move the box by 1 px"),
    canvas("box.nudge_up", "Move box up", "Up", tip="Move the box by 1 px"),
    canvas("box.nudge_down", "Move box down", "Down", tip="Move the box by 1 px"),
    canvas("box.nudge_left_10", "Move box left by 10", "Shift+Left", tip="Move the box by 10 px"),
    canvas(
        "box.nudge_right_10", "Move box right by 10", "Shift+Right", tip="Move the box by 10 px"
    ),
    canvas("box.nudge_up_10", "Move box up by 10", "Shift+Up", tip="Move the box by 10 px"),
    canvas("box.nudge_down_10", "Move box down by 10", "Shift+Down", tip="Move the box by 10 px"),
    *(review(f"box.class_{n}", f"Class {n}", str(n), repeats=False) for n in range(1, 10)),
)

VIEW = (
    review("view.fit", "&Fit the image", "Ctrl+F", icon="fit"),
    review("view.actual_size", "&Actual size (100 %)", "Ctrl+0", icon="actual_size"),
    review("view.zoom_in", "Zoom &in", "Ctrl++", "Ctrl+=", icon="zoom_in"),
    review("view.zoom_out", "Zoom &out", "Ctrl+-", icon="zoom_out"),
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
