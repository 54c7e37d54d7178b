"""Format x reader x case: all of it reads back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.domain.geometry import Box
from tests.exchange_readers import CASE_IMAGES, FORMATS, SIZES, as_markdown, expected, table


def test_every_reader_reads_every_case(image_root: Path, tmp_path: Path) -> None:
    found = table(image_root, tmp_path)
    assert len(found) == sum(len(readers) for _, _, readers in FORMATS.values()) == 11
    wrong = {
        (*key, case): cell
        for key, cells in found.items()
        for case, cell in cells.items()
        if cell != "ok"
    }
    assert wrong == {}
    assert as_markdown(found).count("| ok ") == 11 * len(CASE_IMAGES)


def test_every_image_is_in_a_case_and_upright(image_root: Path) -> None:
    assert {path for paths in CASE_IMAGES.values() for path in paths} == set(SIZES)
    with Image.open(image_root / "dogs/turned.jpg") as turned:
        assert turned.size[::-1] == SIZES["dogs/turned.jpg"]
        assert np.asarray(turned).ndim == 3
    (full,) = expected("VOC")["cats/full.jpg"]
    assert Box(*full[1]) == Box(0, 0, 64, 48)
