"""Making the sample's files: images by class, true boxes and splits apart from them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.domain.errors import StorageError
from engine.imaging.writing import write_bytes, write_jpeg
from engine.jobs.reporter import Reporter
from engine.sample.camera import expose
from engine.sample.compose import compose
from engine.sample.noise import Textures, make_textures
from engine.sample.plan import PicturePlan, make_plans
from engine.sample.specs import scenes, species

#: Raised whenever pictures come out otherwise, so that folders of before are made again.
RECIPE = 1

_MARK = "sample.json"
_QUALITY = (84, 93)


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """``images`` is the image root, ``<class>/<name>.jpg``; the tables name paths below it."""

    images: Path
    boxes_csv: Path
    splits_csv: Path


@dataclass(frozen=True, slots=True)
class _Made:
    plan: PicturePlan
    size: int
    box: tuple[float, float, float, float]


def generate(folder: Path, seed: int, reporter: Reporter) -> SampleFiles:
    """Make the sample project's images and tables in ``folder``; the same ``seed``, the same bytes.

    Nothing is done where they are all there already; a generation that was cut short is made
    again, file by file, each replaced whole. Raises StorageError, JobCancelled.
    """
    files = SampleFiles(folder / "images", folder / "boxes.csv", folder / "splits.csv")
    plans = make_plans(scenes(), species(), seed)
    if _complete(folder, files, seed, plans):
        reporter.progress(len(plans), len(plans), "images", "The sample is there")
        return files
    _make_folders(folder, files, plans)
    made = _make_images(files, plans, seed, reporter)
    write_bytes(files.boxes_csv, _boxes(made))
    write_bytes(files.splits_csv, _splits(plans))
    mark = {"recipe": RECIPE, "seed": seed, "sizes": {m.plan.path: m.size for m in made}}
    write_bytes(folder / _MARK, msgspec.json.encode(mark))
    return files


def _complete(folder: Path, files: SampleFiles, seed: int, plans: Sequence[PicturePlan]) -> bool:
    """True if the mark, which is written last, is of this seed and every file is as it says."""
    try:
        mark = msgspec.json.decode((folder / _MARK).read_bytes(), type=dict[str, Any])
        sizes = mark.get("sizes")
        return (
            (mark.get("recipe"), mark.get("seed")) == (RECIPE, seed)
            and isinstance(sizes, dict)
            and all((files.images / p.path).stat().st_size == sizes.get(p.path) for p in plans)
            and files.boxes_csv.is_file()
            and files.splits_csv.is_file()
        )
    except (OSError, msgspec.DecodeError):
        return False


def _make_folders(folder: Path, files: SampleFiles, plans: Iterable[PicturePlan]) -> None:
    try:
        (folder / _MARK).unlink(missing_ok=True)
        for parent in {(files.images / plan.path).parent for plan in plans}:
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder of the sample cannot be made ({error.strerror or error}).",
            path=folder,
            remedy="Choose a folder where you may write.",
        ) from error


def _make_images(
    files: SampleFiles, plans: Sequence[PicturePlan], seed: int, reporter: Reporter
) -> list[_Made]:
    textures = make_textures(np.random.default_rng([seed, 0]))
    make = partial(_make_image, files.images, textures, seed)
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="sample")
    try:
        pictures = pool.map(make, plans)
        return list(reporter.track(pictures, "images", "Painting the sample", len(plans)))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _make_image(images: Path, textures: Textures, seed: int, plan: PicturePlan) -> _Made:
    """Each picture has its own chance, so that threads may finish in any order."""
    rng = np.random.default_rng([seed, 2, plan.index])
    picture = compose(plan, scenes(), textures, rng)
    path = images / plan.path
    pixels = expose(picture.colour, textures.film, rng)
    write_jpeg(path, pixels, int(rng.integers(*_QUALITY)), durable=False)
    return _Made(plan, path.stat().st_size, picture.box.as_tuple())


def _boxes(made: Iterable[_Made]) -> bytes:
    header = ["image", "class", "width", "height", "xmin", "ymin", "xmax", "ymax"]
    rows = ([m.plan.path, m.plan.species.name, *m.plan.size, *map(round, m.box)] for m in made)
    return _table([header, *rows])


def _splits(plans: Iterable[PicturePlan]) -> bytes:
    rows = ([plan.path, plan.species.name, plan.split] for plan in plans)
    return _table([["image", "class", "split"], *rows])


def _table(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
