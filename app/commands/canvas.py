"""Commands of boxes and of how the image is seen."""

from __future__ import annotations

from app.commands.spec import ActionSpec, canvas, review, toggle

BOX = (
    review("box.new", "&New box", "W", "R", icon="box_new", tip="Draw a box by dragging"),
    review(
        "box.new_points",
        "New box by &four points",
        "E",
        tip="Click the topmost, bottommost, leftmost and rightmost point; Backspace takes one back",
    ),
    toggle("box.keep_drawing", "&Keep drawing", "Shift+W", tip="Draw one box after the other"),
    review("box.delete", "&Delete box", "Del", "Backspace", icon="box_delete"),
    canvas("box.next", "Ne&xt box", "Tab"),
    canvas("box.previous", "Pre&vious box", "Shift+Tab"),
    canvas("box.select_all", "Select &all boxes", "Ctrl+A"),
    canvas("box.cancel", "Stop drawing, select nothing", "Esc"),
    review("box.duplicate", "D&uplicate box", "Ctrl+J"),
    review("box.copy", "&Copy boxes", "Ctrl+C"),
    review("box.paste", "&Paste copied boxes", "Ctrl+Shift+V"),
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
    *(
        canvas(
            f"box.{edge}_edge_{verb}", f"Move {edge} edge {verb}", key, tip="Resize the box by 1 px"
        )
        for edge, verb, key in (
            ("right", "left", "Ctrl+Left"),
            ("right", "right", "Ctrl+Right"),
            ("bottom", "up", "Ctrl+Up"),
            ("bottom", "down", "Ctrl+Down"),
        )
    ),
    toggle("box.snap", "&Snap to the image edge"),
    *(review(f"box.class_{n}", f"Class {n}", str(n), repeats=False) for n in range(1, 10)),
)

VIEW = (
    review("view.fit", "&Fit the image", "Ctrl+F", icon="fit"),
    review("view.actual_size", "&Actual size (100 %)", "Ctrl+0", icon="actual_size"),
    review("view.zoom_in", "Zoom &in", "Ctrl++", "Ctrl+=", icon="zoom_in"),
    review("view.zoom_out", "Zoom &out", "Ctrl+-", icon="zoom_out"),
    toggle("view.keep_zoom", "&Keep the zoom", "Z", tip="Show the next image at the same zoom"),
    toggle("view.loupe", "L&oupe", "Q", tip="Magnify what is under the mouse"),
    toggle("view.hide_boxes", "&Hide boxes", "Ctrl+H", icon="hide_boxes"),
    review("view.hide_class", "Hide the &class of the box", "Shift+H", repeats=False),
    review("view.show_classes", "Show all c&lasses", "Ctrl+Shift+H", repeats=False),
    toggle(
        "view.heatmap", "Heat&map", "H", icon="heatmap", tip="Show the score map over the image"
    ),
    review("view.brighter", "&Brighter", "B", tip="On the screen only"),
    review("view.darker", "&Darker", "Shift+B", tip="On the screen only"),
    review("view.more_contrast", "&More contrast", "K", tip="On the screen only"),
    review("view.less_contrast", "&Less contrast", "Shift+K", tip="On the screen only"),
    review("view.plain_tones", "&As the picture is", "Ctrl+B", repeats=False),
    ActionSpec("view.theme_system", "As the &system", checkable=True),
    ActionSpec("view.theme_light", "&Light", checkable=True),
    ActionSpec("view.theme_dark", "&Dark", checkable=True),
)
