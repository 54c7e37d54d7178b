"""Which window may write to a project: a small file that names its process."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

LOCK_NAME = "window.lock"
#: A process is another one if it began at another time; clocks round differently.
_SAME_START_S = 1.0


class Holder(msgspec.Struct, frozen=True):
    """The process that may write. ``started``: seconds since the epoch."""

    pid: int
    started: float
    computer: str

    @property
    def alive(self) -> bool:
        """False if it has certainly ended; nobody can know that of another computer's."""
        if self.computer != platform.node():
            return True
        try:
            started = float(psutil.Process(self.pid).create_time())
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True
        return abs(started - self.started) <= _SAME_START_S


@dataclass(frozen=True, slots=True)
class WindowLock:
    """Held until ``release``. ``path`` None: the folder cannot be written, so nobody can."""

    path: Path | None
    holder: Holder

    def release(self) -> None:
        """Let other windows write. A lock that another one has taken meanwhile stays."""
        if self.path is not None and _read(self.path) == self.holder:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


def take_lock(folder: Path) -> WindowLock | Holder:
    """The lock of the project in ``folder``, or who has it. That of a dead process is taken over.

    A folder that cannot be written gives a lock too: each write then tells what is the matter.
    """
    path, own = folder / LOCK_NAME, this_process()
    for _ in range(2):
        try:
            return _create(path, own)
        except FileExistsError:
            found = _read(path)
            if found is not None and found != own and found.alive:
                return found
            _set_aside(path, found)
        except OSError:
            return WindowLock(None, own)
    found = _read(path)  # another window was quicker
    return found if found is not None and found != own else WindowLock(path, own)


def this_process() -> Holder:
    return Holder(os.getpid(), float(psutil.Process().create_time()), platform.node())


def _create(path: Path, own: Holder) -> WindowLock:
    """Raises FileExistsError if there is one. Linked from a whole file: nobody reads half of it."""
    draft = path.with_name(f".{path.name}.{own.pid}")
    draft.write_bytes(msgspec.json.encode(own))
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        with path.open("xb") as file:
            file.write(msgspec.json.encode(own))
    finally:
        draft.unlink(missing_ok=True)
    return WindowLock(path, own)


def _set_aside(path: Path, dead: Holder | None) -> None:
    """Remove a stale lock, unless it is another one by now."""
    if _read(path) == dead:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _read(path: Path) -> Holder | None:
    """None if there is none, or nobody can tell from it who that would be."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None
