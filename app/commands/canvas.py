"""Commands of boxes and of how the image is seen."""

from __future__ import annotations

from app.commands.spec import ActionSpec, canvas, review, toggle
from app.i18n import mark

_CLASSES = (
    mark("Class 1"),
    mark("Class 2"),
    mark("Class 3"),
    mark("Class 4"),
    mark("Class 5"),
    mark("Class 6"),
    mark("Class 7"),
    mark("Class 8"),
    mark("Class 9"),
)

BOX = (
    review(
        "box.new", mark("&New box"), "W", "R", icon="box_new", tip=mark("Draw a box by dragging")
    ),
    canvas(
        "box.place",
        mark("Box in the middle"),
        "Return",
        "Enter",
        tip=mark("While drawing: a box in the middle of the image, to be moved by keys"),
    ),
    review(
        "box.new_points",
        mark("New box by &four points"),
        "E",
        tip=mark(
            "Click the topmost, bottommost, leftmost and rightmost point; Backspace takes one back"
        ),
    ),
    review(
        "box.redraw",
        mark("&Redraw box"),
        "T",
        tip=mark("Draw a box in place of the selected ones, or of what is proposed"),
    ),
    toggle(
        "box.keep_drawing",
        mark("&Keep drawing"),
        "Shift+W",
        tip=mark("Draw one box after the other"),
    ),
    review("box.delete", mark("&Delete box"), "Del", "Backspace", icon="box_delete"),
    review(
        "box.accept",
        mark("&Accept box"),
        "Y",
        tip=mark("Accept the selected boxes; the others stay as they are"),
        repeats=False,
    ),
    review(
        "box.skip",
        mark("Skip &box"),
        "Shift+S",
        tip=mark("Leave the selected boxes for later: accepting the image does not take them"),
        repeats=False,
    ),
    review(
        "box.keep",
        mark("Accept &only this box"),
        "Shift+Space",
        tip=mark("Accept the selected boxes, reject the others, and go to the next image"),
        repeats=False,
    ),
    canvas("box.next", mark("Ne&xt box"), "Tab"),
    canvas("box.previous", mark("Pre&vious box"), "Shift+Tab"),
    canvas("box.select_all", mark("Select &all boxes"), "Ctrl+A"),
    canvas("box.cancel", mark("Stop drawing, select nothing"), "Esc"),
    review("box.duplicate", mark("D&uplicate box"), "Ctrl+J"),
    review("box.copy", mark("Cop&y boxes"), "Ctrl+C"),
    review("box.paste", mark("&Paste copied boxes"), "Ctrl+Shift+V"),
    review("box.paste_previous", mark("Copy boxes from the &last image"), "Ctrl+V", icon="paste"),
    canvas("box.nudge_left", mark("Move box left"), "Left", tip=mark("Move the box by 1 px")),
    canvas("box.nudge_right", mark("Move box right"), "Right", tip=mark("Move the box by 1 px")),
    canvas("box.nudge_up", mark("Move box up"), "Up", tip=mark("Move the box by 1 px")),
    canvas("box.nudge_down", mark("Move box down"), "Down", tip=mark("Move the box by 1 px")),
    canvas(
        "box.nudge_left_10",
        mark("Move box left by 10"),
        "Shift+Left",
        tip=mark("Move the box by 10 px"),
    ),
    canvas(
        "box.nudge_right_10",
        mark("Move box right by 10"),
        "Shift+Right",
        tip=mark("Move the box by 10 px"),
    ),
    canvas(
        "box.nudge_up_10", mark("Move box up by 10"), "Shift+Up", tip=mark("Move the box by 10 px")
    ),
    canvas(
        "box.nudge_down_10",
        mark("Move box down by 10"),
        "Shift+Down",
        tip=mark("Move the box by 10 px"),
    ),
    canvas(
        "box.right_edge_left",
        mark("Move right edge left"),
        "Ctrl+Left",
        tip=mark("Resize the box by 1 px"),
    ),
    canvas(
        "box.right_edge_right",
        mark("Move right edge right"),
        "Ctrl+Right",
        tip=mark("Resize the box by 1 px"),
    ),
    canvas(
        "box.bottom_edge_up",
        mark("Move bottom edge up"),
        "Ctrl+Up",
        tip=mark("Resize the box by 1 px"),
    ),
    canvas(
        "box.bottom_edge_down",
        mark("Move bottom edge down"),
        "Ctrl+Down",
        tip=mark("Resize the box by 1 px"),
    ),
    canvas(
        "box.right_edge_left_10",
        mark("Move right edge left by 10"),
        "Ctrl+Shift+Left",
        tip=mark("Resize the box by 10 px"),
    ),
    canvas(
        "box.right_edge_right_10",
        mark("Move right edge right by 10"),
        "Ctrl+Shift+Right",
        tip=mark("Resize the box by 10 px"),
    ),
    canvas(
        "box.bottom_edge_up_10",
        mark("Move bottom edge up by 10"),
        "Ctrl+Shift+Up",
        tip=mark("Resize the box by 10 px"),
    ),
    canvas(
        "box.bottom_edge_down_10",
        mark("Move bottom edge down by 10"),
        "Ctrl+Shift+Down",
        tip=mark("Resize the box by 10 px"),
    ),
    toggle("box.snap", mark("&Snap to the image edge")),
    *(review(f"box.class_{n}", text, str(n), repeats=False) for n, text in enumerate(_CLASSES, 1)),
)

VIEW = (
    review("view.fit", mark("&Fit the image"), "Ctrl+F", icon="fit"),
    review("view.actual_size", mark("&Actual size (100 %)"), "Ctrl+0", icon="actual_size"),
    review("view.zoom_in", mark("Zoom &in"), "Ctrl++", "Ctrl+=", icon="zoom_in"),
    review("view.zoom_out", mark("Zoom &out"), "Ctrl+-", icon="zoom_out"),
    toggle(
        "view.keep_zoom",
        mark("&Keep the zoom"),
        "Z",
        tip=mark("Show the next image at the same zoom"),
    ),
    toggle("view.loupe", mark("Lo&upe"), "Q", tip=mark("Magnify what is under the mouse")),
    toggle("view.hide_boxes", mark("&Hide boxes"), "Ctrl+H", icon="hide_boxes"),
    review("view.hide_class", mark("Hide the &class of the box"), "Shift+H", repeats=False),
    review("view.show_classes", mark("Show all c&lasses"), "Ctrl+Shift+H", repeats=False),
    toggle(
        "view.heatmap",
        mark("Heat&map"),
        "H",
        icon="heatmap",
        tip=mark("Show the score map over the image"),
    ),
    review("view.brighter", mark("&Brighter"), "B", tip=mark("On the screen only")),
    review("view.darker", mark("&Darker"), "Shift+B", tip=mark("On the screen only")),
    review("view.more_contrast", mark("&More contrast"), "K", tip=mark("On the screen only")),
    review("view.less_contrast", mark("&Less contrast"), "Shift+K", tip=mark("On the screen only")),
    review("view.plain_tones", mark("&As the picture is"), "Ctrl+B", repeats=False),
    ActionSpec("view.next_part", mark("&Next part of the window"), ("F6",)),
    ActionSpec("view.previous_part", mark("Previous part of the window"), ("Shift+F6",)),
    ActionSpec("view.theme_system", mark("As the &system"), checkable=True),
    ActionSpec("view.theme_light", mark("&Light"), checkable=True),
    ActionSpec("view.theme_dark", mark("&Dark"), checkable=True),
)
