"""Which data set a folder holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.datasets.cars import is_cars, read_cars
from engine.datasets.cub import find_cub, read_cub
from engine.datasets.folder import is_folder_dataset, read_folder
from engine.datasets.ilsvrc import find_ilsvrc, read_ilsvrc
from engine.datasets.model import Dataset
from engine.domain.errors import InputError

_READERS: dict[str, tuple[Callable[[Path], object], Callable[[Path], Dataset]]] = {
    "cub": (find_cub, read_cub),
    "cars": (is_cars, read_cars),
    "folder": (is_folder_dataset, read_folder),
    "ilsvrc": (find_ilsvrc, read_ilsvrc),
}
#: Names of the data sets that can be read.
DATASETS = tuple(_READERS)


def open_dataset(folder: Path, name: str = "auto") -> Dataset:
    """The data set in ``folder``, of the layout ``name`` or of the one that it has.

    Raises InputError for an unknown name, a folder that is none of them, and damaged files.
    """
    if not folder.is_dir():
        raise InputError("There is no such folder.", path=folder)
    if name != "auto":
        if name not in _READERS:
            known = ", ".join(("auto", *DATASETS))
            raise InputError(f"Unknown data set {name!r}.", remedy=f"Known: {known}.")
        return _READERS[name][1](folder)
    for fits, read in _READERS.values():
        if fits(folder):
            return read(folder)
    raise InputError(
        "This folder is no data set that is known.",
        path=folder,
        remedy="It can be CUB-200-2011, ILSVRC, Stanford Cars, or images with boxes.csv.",
    )
