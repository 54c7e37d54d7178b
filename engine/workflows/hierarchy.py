"""The parents of classes from the folders that their images lie in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import Any

from engine.domain.errors import InputError
from engine.domain.settings import TrainSettings
from engine.jobs.options import make_options
from engine.store.snapshots import Snapshot

_REMEDY = (
    "Lay the images out as in family/genus/species/1.jpg with classes from the last folder "
    "(boxwright new --class-from last), or train with -o hierarchy=none."
)


def with_parents(settings: TrainSettings, snapshot: Snapshot) -> TrainSettings:
    """``settings`` with the parents of each class, if its method is to learn them from folders.

    They become an option of the run, so that its checkpoint knows them wherever the images are.
    Raises InputError if the folders give no hierarchy, or not one alone.
    """
    options = make_options(settings.method, settings.options)
    if getattr(options, "hierarchy", None) != "folders":
        return settings
    classes = (snapshot.class_names[label] for label in snapshot.labels)
    parents = parents_from(zip(snapshot.paths, classes, strict=True))
    filled: dict[str, Any] = {**settings.options, "parents": parents}
    return replace(settings, options=filled)


def parents_from(images: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Class name -> its parents (``bird/gull``, outermost first), from paths and classes.

    The folders above the one named as the class are its parents; all folders are, where none is
    named so. Folders that all classes share, as in ``images/train``, say nothing and are left out.
    """
    folders: dict[str, tuple[list[str], str]] = {}
    for path, name in images:
        above = path.split("/")[:-1]
        if name in above:
            above = above[: len(above) - 1 - above[::-1].index(name)]
        known, first = folders.setdefault(name, (above, path))
        if known != above:
            raise InputError(
                f"The class {name} lies in several places: {first} and {path}.",
                remedy="Give the classes different names. " + _REMEDY,
            )
    levels = zip(*(above for above, _ in folders.values()), strict=False)
    shared = len(list(takewhile(lambda level: len(set(level)) == 1, levels)))
    parents = {name: "/".join(above[shared:]) for name, (above, _) in folders.items()}
    if not any(parents.values()):
        raise InputError("The folders of the images give no hierarchy of classes.", remedy=_REMEDY)
    return parents
