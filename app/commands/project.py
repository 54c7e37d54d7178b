"""Commands of files, jobs and help."""

from __future__ import annotations

from app.commands.spec import ActionSpec

FILE = (
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
    ActionSpec("file.try_writing", "Try to &write", tip="See whether the other window is closed"),
    ActionSpec("file.close_project", "&Close project", ("Ctrl+W",)),
    ActionSpec("file.saved", "Save", ("Ctrl+S",), tip="Everything is saved as you go"),
    ActionSpec("file.quit", "&Quit", ("Ctrl+Q",)),
)

JOBS = (
    ActionSpec(
        "job.train",
        "&Train…",
        ("Ctrl+T",),
        icon="train",
        tip="Train a network on the image labels",
    ),
    ActionSpec(
        "job.start",
        "Quick &start: CAM and DGDM",
        tip="Train both, propose with both, and keep the boxes that look better",
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

HELP = (
    ActionSpec("help.keys", "All &keys…", ("F1",), icon="keys"),
    ActionSpec("help.log", "Show the &log file"),
    ActionSpec("help.about", "&About Boxwright"),
)
