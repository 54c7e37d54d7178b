"""What was found out about a map and its boxes, kept: an update judges only what is new.

A row is named by its map, its boxes and the settings themselves, so that nothing stale is ever
taken for it. The file may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import StorageError
from engine.domain.settings import BoxSettings, Normalisation
from engine.localization.calibration import THRESHOLDS, Cuts, cuts_of
from engine.localization.sample import Sample
from engine.store.files import write_atomic

Row = NDArray[np.float32]

#: Rows that are kept, the newest; a row has some 300 bytes.
MOST_ROWS = 20_000
_KINDS = tuple(Normalisation)
_LENGTH = len(_KINDS) * len(THRESHOLDS) + 1
_DIGEST = 16


class CutCache:
    """``file``: where it is kept between jobs; nowhere if None."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._rows = {} if file is None else _load(file)
        self._changed = False

    def cuts_of(self, samples: Sequence[Sample], usual: BoxSettings) -> Cuts:
        """As ``calibration.cuts_of`` with every normalisation, from the rows that are known."""
        kinds = _KINDS
        names = [_name(sample, usual) for sample in samples]
        new = [index for index, name in enumerate(names) if name not in self._rows]
        if new:
            found = cuts_of([samples[index] for index in new], usual, kinds)
            for place, index in enumerate(new):
                curves = found.overlaps[:, place].ravel()
                row = np.append(curves, found.usual[place]).astype(np.float32)
                self._rows[names[index]] = row
            self._changed = True
        rows = np.array([self._rows[name] for name in names], np.float64)
        rows = rows.reshape(len(names), _LENGTH)
        shaped = rows[:, :-1].reshape(len(names), len(kinds), len(THRESHOLDS))
        labels = np.array([sample.label for sample in samples], np.int64)
        return Cuts(kinds, shaped.transpose(1, 0, 2), rows[:, -1], labels)

    def save(self) -> None:
        """A full disk keeps nothing and stops nothing."""
        if self._file is None or not self._changed:
            return
        kept = list(self._rows.items())[-MOST_ROWS:]
        names = np.frombuffer(b"".join(name for name, _ in kept), np.uint8)
        content = io.BytesIO()
        np.savez(content, names=names.reshape(-1, _DIGEST), rows=np.stack([row for _, row in kept]))
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, content.getvalue())
        except (OSError, StorageError):
            return
        self._changed = False


def _name(sample: Sample, usual: BoxSettings) -> bytes:
    found = hashlib.blake2b(digest_size=_DIGEST)
    values = np.ascontiguousarray(sample.values)
    boxes = [box.as_tuple() for box in sample.truth]
    told = (values.shape, values.dtype.str, boxes, sample.width, sample.height)
    found.update(repr((told, usual, _KINDS, THRESHOLDS.tolist())).encode())
    found.update(values.tobytes())
    return found.digest()


def _load(file: Path) -> dict[bytes, Row]:
    try:
        with np.load(file, allow_pickle=False) as kept:
            names, rows = kept["names"], kept["rows"]
            if rows.shape != (len(names), _LENGTH) or rows.dtype != np.float32:
                return {}
            return {name.tobytes(): row for name, row in zip(names, rows, strict=True)}
    except (OSError, ValueError, KeyError, EOFError):  # a cache: it is made again
        return {}
