"""Where an export goes: refused before anything is written, where it would harm or fail."""

from __future__ import annotations

import secrets
from pathlib import Path

from engine.domain.errors import InputError

#: Every export holds this file; a folder without it is never replaced.
PROVENANCE = "provenance.json"


def resolved(out: Path) -> Path:
    """Where an export to ``out`` goes, through links. Raises InputError for a link to itself."""
    try:
        return Path(out).resolve()
    except (OSError, RuntimeError) as error:  # the latter up to Python 3.12
        raise InputError(
            "It is a link that leads nowhere.", path=out, remedy="Choose another folder."
        ) from error


def check_target(target: Path, image_root: Path, overwrite: bool) -> None:
    """Raise InputError if an export to ``target`` would be refused; both paths are resolved."""
    if not _is_taken(target):
        return
    if image_root.is_relative_to(target):
        raise InputError(
            "The export would replace the folder of the images themselves.",
            path=target,
            remedy="Choose another folder.",
        )
    if not overwrite:
        raise InputError(
            "The folder is there already.", path=target, remedy="Choose another, or overwrite it."
        )
    if not (target / PROVENANCE).is_file():
        raise InputError(
            f"The folder is not an export (it holds no {PROVENANCE}) and is left alone.",
            path=target,
            remedy="Choose another folder.",
        )


def check_writable(target: Path) -> None:
    """Raise InputError if no folder can be made beside the resolved ``target``, by making one in
    the nearest folder that is there and taking it away again."""
    above = next(folder for folder in target.parents if folder.exists())
    if not above.is_dir():
        raise InputError(
            "This is a file, so that no folder can be made in it.",
            path=above,
            remedy="Choose another folder.",
        )
    try:
        new_sibling(above / target.name, "trial").rmdir()
    except OSError as error:
        raise InputError(
            f"Nothing can be written here ({error.strerror or error}).",
            path=above,
            remedy="Choose another folder, or check the permissions of this one.",
        ) from error


def _is_taken(target: Path) -> bool:
    """Whether there is a folder with something in it. Raises InputError if there cannot be one."""
    try:
        if not target.exists():
            return False
        if not target.is_dir():
            message = "There is a file of that name."
            raise InputError(message, path=target, remedy="Choose a folder.")
        return any(target.iterdir())
    except PermissionError as error:
        raise InputError(
            f"It is not open to you ({error.strerror}).",
            path=target,
            remedy="Choose another folder, or check the permissions of this one and those above.",
        ) from error
    except OSError as error:
        raise InputError(
            f"No folder can have this name ({error.strerror}).",
            path=target,
            remedy="Choose another one.",
        ) from error


def new_sibling(target: Path, suffix: str) -> Path:
    """A new hidden folder beside ``target``."""
    folder = target.parent / f".{target.name[:100]}.{secrets.token_hex(4)}.{suffix}"
    folder.mkdir()
    return folder
