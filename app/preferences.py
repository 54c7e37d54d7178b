"""What a person can set, with its defaults and bounds. ``AppSettings`` keeps it, the settings
dialog shows it, and ``app.preference_effects`` lets it work at once where it can."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off. ``action`` names the command that switches it too."""

    name: str
    default: bool
    action: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    name: str
    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of ``values``."""

    name: str
    default: str
    values: tuple[str, ...]


Preference = Switch | Number | Choice

# Review
AFTER_ACCEPT = Choice("review/after_accept", "next", ("next", "unreviewed"))
KEEP_ZOOM = Switch("view.keep_zoom", False, "view.keep_zoom")
SNAP = Switch("box.snap", True, "box.snap")
CROSSHAIR = Switch("crosshair", True)
BOX_WORDS = Switch("box_words", True)
LOUPE = Switch("view.loupe", False, "view.loupe")
HEATMAP = Switch("view.heatmap", False, "view.heatmap")
HEAT_OPACITY = Number("review/heat_opacity", 60, 0, 100)

# Learning
LEARN_AS_I_GO = Switch("learn_as_i_go", True, "learn.follow")
LEARN_EVERY = Number("learning/every", 10, 2, 500)
RANDOM_SHARE = Number("learning/random_share", 20, 0, 100)

# Performance
PICTURE_MEMORY = Number("performance/picture_memory", 168, 128, 8192)
PICTURE_THREADS = Number("performance/picture_threads", 1, 1, 16)
JOB_THREADS = Number("performance/job_threads", 0, 0, 256)

# Jobs
DEVICE = Choice("jobs/device", "auto", ("auto", "cpu", "cuda", "mps"))
PROPOSE_AFTER = Switch("propose_after_training", True)

ALL: tuple[Preference, ...] = (
    AFTER_ACCEPT,
    KEEP_ZOOM,
    SNAP,
    CROSSHAIR,
    BOX_WORDS,
    LOUPE,
    HEATMAP,
    HEAT_OPACITY,
    LEARN_AS_I_GO,
    LEARN_EVERY,
    RANDOM_SHARE,
    PICTURE_MEMORY,
    PICTURE_THREADS,
    JOB_THREADS,
    DEVICE,
    PROPOSE_AFTER,
)
