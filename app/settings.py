"""What the window remembers of a person's ways: recent projects, geometry, keys, appearance.

A damaged file is set aside with the suffix ``.damaged``, never fatal: nothing in it is work.
"""

from __future__ import annotations

import contextlib
import logging
from hashlib import sha256
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from app import i18n
from app.preferences import ALL, Choice, Number, Preference, Switch

log = logging.getLogger(__name__)

MAX_RECENT = 8
_NO_KEY = "none"  # an empty list would read back as "as it came"


class AppSettings:
    """Typed access to one INI file; a value that makes no sense reads as if it were not there."""

    def __init__(self, path: Path | None = None) -> None:
        self._settings = _open(path)
        if self._settings.status() == QSettings.Status.FormatError:
            damaged = Path(self._settings.fileName())
            del self._settings  # its lock has to go before the file does
            _set_aside(damaged)
            self._settings = _open(path)

    @property
    def path(self) -> Path:
        return Path(self._settings.fileName())

    def recent_projects(self) -> list[Path]:
        """Newest first."""
        return [Path(text) for text in self._texts("recent/projects")]

    def add_recent_project(self, folder: Path, sync: bool = True) -> None:
        """``sync``: wait until it is on the disk."""
        kept = [folder, *(p for p in self.recent_projects() if p != folder)][:MAX_RECENT]
        self._settings.setValue("recent/projects", [str(p) for p in kept])
        if sync:
            self._settings.sync()

    def forget_project(self, folder: Path) -> None:
        kept = [str(p) for p in self.recent_projects() if p != folder]
        self._settings.setValue("recent/projects", kept)
        self._settings.remove(f"projects/{_digest(folder)}")
        self._settings.sync()

    def last_folder(self, purpose: str) -> str:
        """Where a person chose a file for ``purpose`` the last time, or an empty text."""
        return self._text(f"folders/{purpose}")

    def set_last_folder(self, purpose: str, folder: str) -> None:
        self._settings.setValue(f"folders/{purpose}", folder)

    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        value = self._text("appearance/theme")
        return value if value in {"light", "dark"} else "system"

    def set_theme(self, mode: str) -> None:
        self._settings.setValue("appearance/theme", mode)
        self._settings.sync()

    def language(self) -> str:
        """``system``, or one of ``app.i18n.LANGUAGES``."""
        value = self._text("appearance/language")
        return value if value in i18n.LANGUAGES else i18n.SYSTEM

    def set_language(self, name: str) -> None:
        self._settings.setValue("appearance/language", name)
        self._settings.sync()

    def layout(self, name: str) -> QByteArray:
        """Saved geometry or splitter state ``name``; empty if there is none."""
        value = self._settings.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_layout(self, name: str, state: QByteArray) -> None:
        self._settings.setValue(f"layout/{name}", state)

    def project_text(self, folder: Path, name: str) -> str:
        """What is kept for the project in ``folder`` under ``name``, or an empty text."""
        return self._text(f"projects/{_digest(folder)}/{name}")

    def set_project_text(self, folder: Path, name: str, text: str) -> None:
        self._settings.setValue(f"projects/{_digest(folder)}/{name}", text)

    def flag(self, name: str, default: bool) -> bool:
        value = self._text(f"flags/{name}")
        return {"true": True, "false": False}.get(value, default)

    def set_flag(self, name: str, value: bool) -> None:
        self._settings.setValue(f"flags/{name}", "true" if value else "false")

    def switch(self, preference: Switch) -> bool:
        return self.flag(preference.name, preference.default)

    def number(self, preference: Number) -> int:
        """Within its bounds; the default where there is none or no number."""
        text = self._text(preference.name)
        if not text.isascii() or not text.isdigit():
            return preference.default
        return min(max(int(text[:9]), preference.least), preference.most)

    def choice(self, preference: Choice) -> str:
        value = self._text(preference.name)
        return value if value in preference.values else preference.default

    def set_preference(self, preference: Preference, value: bool | int | str) -> None:
        if isinstance(preference, Switch):
            self.set_flag(preference.name, bool(value))
        else:
            self._settings.setValue(preference.name, str(value))

    def forget_preferences(self) -> None:
        """Everything that can be set as it came; projects, keys and the layout stay."""
        for preference in ALL:
            prefix = "flags/" if isinstance(preference, Switch) else ""
            self._settings.remove(f"{prefix}{preference.name}")
        for name in ("appearance/theme", "appearance/language"):
            self._settings.remove(name)
        self._settings.sync()

    def shortcuts(self) -> dict[str, tuple[str, ...]]:
        """A person's own keys by action id."""
        self._settings.beginGroup("shortcuts")
        names = self._settings.childKeys()
        self._settings.endGroup()
        own = {name: self._texts(f"shortcuts/{name}") for name in names}
        return {name: () if keys == [_NO_KEY] else tuple(keys) for name, keys in own.items()}

    def save_shortcuts(self, action_id: str, keys: tuple[str, ...] | None) -> None:
        """Keep ``keys`` for the action; None means: as the program came."""
        if keys is None:
            self._settings.remove(f"shortcuts/{action_id}")
        else:
            self._settings.setValue(f"shortcuts/{action_id}", list(keys) or [_NO_KEY])
        self._settings.sync()

    def sync(self) -> None:
        """Write what is not yet written (Qt does it by itself once idle)."""
        self._settings.sync()

    def _text(self, key: str) -> str:
        value: Any = self._settings.value(key)
        return value if isinstance(value, str) else ""

    def _texts(self, key: str) -> list[str]:
        value: Any = self._settings.value(key)
        if isinstance(value, str):  # Qt writes a list of one as a plain text
            return [value] if value else []
        if not isinstance(value, list):
            return []
        return [item for item in value if isinstance(item, str) and item]


def _digest(folder: Path) -> str:
    """A short name of ``folder`` that is fit for a key."""
    return sha256(str(folder.absolute()).encode()).hexdigest()[:16]


def _open(path: Path | None) -> QSettings:
    if path is not None:
        return QSettings(str(path), QSettings.Format.IniFormat)
    return QSettings(
        QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Boxwright", "Boxwright"
    )


def _set_aside(damaged: Path) -> None:
    target = damaged.with_name(damaged.name + ".damaged")
    log.warning("The settings file %s is damaged; it is kept as %s.", damaged, target.name)
    with contextlib.suppress(OSError):  # a folder that cannot be written: start with defaults
        damaged.replace(target)
