"""What can be said of an engine that could not say its last word itself."""

from __future__ import annotations

import signal

from app.i18n import tr
from engine.jobs.events import Failed

DIED = "died"  # the kind of such a Failed


def not_started(program: str, said: list[str]) -> Failed:
    return Failed(
        DIED,
        tr("The engine could not be started."),
        path=program,
        remedy=tr("Install Boxwright again; your project is untouched."),
        details="\n".join(said),
    )


def died(code: int, crashed: bool, said: list[str]) -> Failed:
    return Failed(
        DIED,
        tr("The engine stopped in the middle of the job: {cause}.", cause=_cause(code, crashed)),
        remedy=tr("What it had stored by then is kept, and so is everything you did."),
        details="\n".join(said),
    )


def inspector_died(code: int, crashed: bool, said: list[str]) -> Failed:
    """Of the process that looks into single images, which stores nothing."""
    return Failed(
        DIED,
        tr("The process that looks into images has stopped: {cause}.", cause=_cause(code, crashed)),
        remedy=tr("Your boxes and decisions are untouched."),
        details="\n".join(said),
    )


def _cause(code: int, crashed: bool) -> str:
    if not crashed:
        return tr("it ended with exit code {code} and without a last word", code=code)
    names = {member.value: member.name for member in signal.Signals}
    if code == getattr(signal, "SIGKILL", None):
        return tr("it was killed from outside (SIGKILL), as happens when memory runs out")
    return tr("it was ended from outside or crashed ({signal})", signal=names.get(code, code))
