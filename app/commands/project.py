"""Commands of files, jobs and help."""

from __future__ import annotations

from app.commands.spec import ActionSpec
from app.i18n import mark

FILE = (
    ActionSpec(
        "file.new_project",
        mark("&New project…"),
        ("Ctrl+N", "Ctrl+U"),
        icon="new",
        tip=mark("Make a project from a folder of images"),
    ),
    ActionSpec(
        "file.open",
        mark("&Open project…"),
        ("Ctrl+O",),
        icon="open",
        tip=mark("Open a project"),
        short=mark("Open"),
    ),
    ActionSpec("file.sample", mark("Open the &sample project"), icon="sample"),
    ActionSpec(
        "file.rescan",
        mark("&Look for new images"),
        ("F5",),
        icon="refresh",
        tip=mark("Bring in images that were added to the folder since"),
    ),
    ActionSpec(
        "file.locate_images",
        mark("Loc&ate the images…"),
        icon="missing",
        tip=mark("Tell where the folder of images has gone"),
    ),
    ActionSpec(
        "file.export",
        mark("&Export…"),
        ("Ctrl+E",),
        icon="export",
        tip=mark("Write the boxes as COCO, Pascal VOC, YOLO or CSV"),
    ),
    ActionSpec(
        "file.import",
        mark("&Import boxes…"),
        ("Ctrl+I",),
        tip=mark("Take in boxes of another tool"),
    ),
    ActionSpec(
        "file.try_writing",
        mark("Try to &write"),
        tip=mark("See whether the other window is closed"),
    ),
    ActionSpec("file.close_project", mark("&Close project"), ("Ctrl+W",)),
    ActionSpec("file.saved", mark("Save"), ("Ctrl+S",), tip=mark("Everything is saved as you go")),
    ActionSpec(
        "file.settings",
        mark("Se&ttings…"),
        ("Ctrl+,",),
        tip=mark("Appearance, language, review, learning, performance"),
    ),
    ActionSpec("file.quit", mark("&Quit"), ("Ctrl+Q",)),
)

JOBS = (
    ActionSpec(
        "job.train",
        mark("&Train…"),
        ("Ctrl+T",),
        icon="train",
        tip=mark("Train a network on the image labels"),
    ),
    ActionSpec(
        "job.start",
        mark("&Quick start: CAM and DGDM"),
        tip=mark("Train both, propose with both, and keep the boxes that look better"),
    ),
    ActionSpec(
        "job.resume", mark("&Resume training"), tip=mark("Go on with the training that was stopped")
    ),
    ActionSpec(
        "job.propose",
        mark("&Propose boxes…"),
        ("Ctrl+P",),
        icon="propose",
        tip=mark("Let the trained network propose boxes"),
        short=mark("Propose"),
    ),
    ActionSpec("job.cancel", mark("&Cancel the running job"), ("Ctrl+.",), icon="cancel"),
)

HELP = (
    ActionSpec("help.keys", mark("All &keys…"), ("F1",), icon="keys"),
    ActionSpec("help.log", mark("Show the &log file")),
    ActionSpec("help.about", mark("&About Boxwright")),
)
