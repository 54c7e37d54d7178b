"""Where an environment is, what it holds by its own stamp, and what follows from that."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

INSTALLING, READY = "installing", "ready"
LOCK = "boxwright-setup.lock"


@dataclass(frozen=True)
class Layout:
    """Where everything of one checkout is."""

    root: Path
    windows: bool = sys.platform == "win32"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def _scripts(self) -> Path:
        return self.venv / ("Scripts" if self.windows else "bin")

    @property
    def python(self) -> Path:
        return self._scripts / ("python.exe" if self.windows else "python")

    @property
    def boxwright(self) -> Path:
        return self._scripts / ("boxwright.exe" if self.windows else "boxwright")

    @property
    def constraints(self) -> Path:
        return self.root / "packaging" / "constraints.txt"

    @property
    def stamp(self) -> Path:
        return self.venv / "boxwright-setup.json"

    @property
    def log(self) -> Path:
        return self.venv / "boxwright-setup.log"

    @property
    def lock(self) -> Path:
        return self.venv / LOCK


@dataclass(frozen=True)
class Stamp:
    """What an environment holds. ``sources`` is a digest of what pip was told."""

    state: str
    root: str
    python: str
    sources: str
    test: bool

    @classmethod
    def wanted(cls, layout: Layout, test: bool, state: str = READY) -> Stamp:
        digest = hashlib.sha256()
        for file in (layout.root / "pyproject.toml", layout.constraints):
            digest.update(file.read_bytes())
        return cls(state, str(layout.root), python_version(), digest.hexdigest(), test)


class Plan(Enum):
    """What has to be done to an environment."""

    NOTHING = "nothing"
    INSTALL = "install"
    MAKE = "make"


def python_version() -> str:
    return "{}.{}".format(*sys.version_info[:2])


def read_stamp(path: Path) -> Stamp | None:
    """The stamp, or None where there is none or it is no stamp of ours."""
    try:
        values: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return Stamp(**values)
    except (OSError, ValueError, TypeError):
        return None


def write_stamp(path: Path, stamp: Stamp) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(stamp), indent=1), "utf-8")
    part.replace(path)


def plan(found: Stamp | None, wanted: Stamp, works: bool) -> Plan:
    """What an environment with the stamp ``found`` needs; ``works``: its Python starts."""
    if not works:
        return Plan.MAKE
    if found is None:  # made by hand: pip completes it
        return Plan.INSTALL
    if found.state != READY or (found.root, found.python) != (wanted.root, wanted.python):
        return Plan.MAKE
    if found.sources == wanted.sources and (found.test or not wanted.test):
        return Plan.NOTHING
    return Plan.INSTALL
