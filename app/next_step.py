"""What a person would do next with the project, told by a banner with one button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.i18n import mark, tr
from app.project_state import ProjectState
from app.words import counted, listed, moment
from engine.domain.records import RunState

if TYPE_CHECKING:
    from engine.store.window_lock import Holder


@dataclass(frozen=True, slots=True)
class Advice:
    """``action_id`` is what the button does; ``icon`` names a picture."""

    text: str
    hint: str
    action_id: str
    offer: str
    icon: str


def next_step(state: ProjectState, running: bool, holder: Holder | None = None) -> Advice | None:
    """The first thing in the way of reviewing, or None. Nothing while a job sees to it.

    ``holder``: the process whose window may write, if that is another one.
    """
    if holder is not None:
        return _read_only_step(holder)
    if not state.image_root_exists:
        return Advice(
            tr("The folder with the images is not there."),
            tr(
                "{folder} was moved, or its disk is not connected. "
                "Your boxes and decisions are kept.",
                folder=state.image_root,
            ),
            "file.locate_images",
            tr("Locate the images…"),
            "missing",
        )
    if running:
        return None
    if state.usable_images == 0:
        return Advice(
            tr("There is no image that can be used yet."),
            tr(
                "Put images into {folder}, in a subfolder per class.",
                folder=state.image_root,
            ),
            "file.rescan",
            tr("Look for new images"),
            "image",
        )
    return _training_step(state)


def _training_step(state: ProjectState) -> Advice | None:
    stopped = state.resumable
    if stopped is not None and stopped.state is RunState.INTERRUPTED:
        return Advice(
            tr("The last training was cut off."),
            tr(
                "Its process ended without a word. "
                "What it had learned up to its last epoch is kept."
            ),
            "job.resume",
            tr("Resume training"),
            "train",
        )
    if not state.trained:
        images, classes = state.usable_images, len(state.summary.classes)
        return Advice(
            tr("First, let a network learn from the image labels."),
            tr(
                "Ready: {images} of {classes}.",
                images=counted(images, "image", "images"),
                classes=counted(classes, "class", "classes"),
            ),
            "job.train",
            tr("Train…"),
            "train",
        )
    if not state.has_proposals:
        return Advice(
            tr("The network is trained. Now let it propose boxes."),
            tr("They appear one after another; you may begin with the review at once."),
            "job.propose",
            tr("Propose boxes…"),
            "propose",
        )
    return _drift_step(state)


def _read_only_step(holder: Holder) -> Advice:
    since = moment(datetime.fromtimestamp(holder.started), mark("dd MMM, HH:mm"))
    return Advice(
        tr("Another window has this project open: here you can look, but not change anything."),
        tr(
            "It is process {pid} on {computer}, begun {since}. What it does shows here.",
            pid=holder.pid,
            computer=holder.computer,
            since=since,
        ),
        "file.try_writing",
        tr("Try again"),
        "warning",
    )


def _drift_step(state: ProjectState) -> Advice | None:
    if not state.drift:
        return None
    images, classes = state.drift.images, state.drift.classes
    differ = [counted(images, "image", "images")] if images else []
    differ += [counted(classes, "class", "classes")] if classes else []
    return Advice(
        tr("The newest training was on other labels."),
        tr(
            "Changed since: {what}. Its proposals know nothing of that.",
            what=listed(differ),
        ),
        "job.train",
        tr("Train…"),
        "train",
    )
