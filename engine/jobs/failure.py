"""From an exception to a last word: what a person can act on, kept apart from bugs."""

from __future__ import annotations

import errno
import traceback

from engine.domain.errors import BoxwrightError, JobCancelled, StorageError
from engine.jobs.events import Cancelled, Failed

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def as_boxwright_error(error: OSError) -> BoxwrightError | None:
    """The storage error behind ``error``, or None if a person could do nothing about it."""
    if error.errno in _FULL:
        return StorageError(
            "There is no space left to write to.",
            path=error.filename,
            remedy="Free some space and start again; what was written before is kept.",
        )
    if error.errno in _FORBIDDEN:
        return StorageError(
            "It may not be read or written.",
            path=error.filename,
            remedy="Change its permissions, or choose another place.",
        )
    return None


def last_word(error: BaseException) -> Failed | Cancelled:
    """The event that ends a job which raised ``error``."""
    if isinstance(error, JobCancelled | KeyboardInterrupt):
        return Cancelled()
    if isinstance(error, OSError):
        error = as_boxwright_error(error) or error
    if isinstance(error, BoxwrightError):
        return Failed(error.kind, error.message, error.path, error.place, error.remedy)
    details = "".join(traceback.format_exception(error))
    return Failed("bug", f"{type(error).__name__}: {error}", details=details)
