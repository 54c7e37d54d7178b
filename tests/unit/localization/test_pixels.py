from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings, Normalisation
from engine.jobs.reporter import silent_reporter
from engine.localization.evaluation import evaluate
from engine.localization.masks import IGNORED, MaskFiles, find_masks
from engine.localization.pixels import pixel_precision
from engine.localization.sample import Sample

PLAIN = BoxSettings(normalisation=Normalisation.MIN_MAX)
SIDE = 224


def write_mask(path: Path, box: tuple[int, int, int, int], side: int = SIDE) -> Path:
    mask = np.zeros((side, side), np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", mask)[1].tobytes())
    return path


def sample(values: np.ndarray, masks: MaskFiles | None) -> Sample:
    return Sample(values, SIDE, SIDE, [Box(0, 0, 9, 9)], 0, 0, mask=masks)


def steps(*levels: float) -> np.ndarray:
    """Columns of equal width at these levels."""
    return np.repeat(np.array(levels), SIDE // len(levels))[None].repeat(SIDE, axis=0)


def test_pxap_by_hand(tmp_path: Path) -> None:
    """Object: the 1st and 3rd of four columns; scores 1, 0.7, 0.4, 0.

    Recall 1/2 at precision 1, then recall 1 at precision 2/3: 1/2 + 1/2 * 2/3.
    """
    first = write_mask(tmp_path / "a.png", (0, 0, 56, SIDE))
    third = write_mask(tmp_path / "a_2.png", (112, 0, 168, SIDE))
    one = sample(steps(1, 0.7, 0.4, 0), MaskFiles((first, third)))
    found = pixel_precision([one, sample(steps(1, 0), None)], PLAIN, silent_reporter())
    assert found is not None
    assert (found.images, found.interval) == (1, None)
    assert found.value == pytest.approx(100 * (1 / 2 + 1 / 3))


def test_ignored_pixels_do_not_count(tmp_path: Path) -> None:
    """With the second column ignored there is no mistake left, and the object wins over it."""
    whole = write_mask(tmp_path / "a.png", (0, 0, 56, SIDE))
    third = write_mask(tmp_path / "a_2.png", (112, 0, 168, SIDE))
    write_mask(tmp_path / "a_ignore.png", (40, 0, 112, SIDE))
    masks = find_masks(tmp_path, "a.jpg")
    assert masks == MaskFiles((whole, third), (tmp_path / "a_ignore.png",))
    read = masks.read(SIDE, SIDE)
    assert (read[0, 50], read[0, 60], read[0, 120], read[0, 200]) == (1, IGNORED, 1, 0)
    one = sample(steps(1, 0.7, 0.4, 0), masks)
    found = evaluate([one, one], PLAIN, None, silent_reporter())
    assert found.pxap == pytest.approx(100)
    assert found.pxap_images == 2
    assert found.intervals["pxap"] == pytest.approx((100, 100))


def test_a_random_map_gets_the_share_of_the_object(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "a.png", (0, 0, SIDE, SIDE // 4))
    noise = np.random.default_rng(0).random((SIDE, SIDE))
    found = pixel_precision([sample(noise, MaskFiles((path,)))], PLAIN, silent_reporter())
    assert found is not None
    assert found.value == pytest.approx(25, abs=1.5)


def test_masks_of_another_size_are_brought_to_the_grid(tmp_path: Path) -> None:
    small = write_mask(tmp_path / "b" / "c.png", (0, 0, 2, 4), side=4)
    masks = find_masks(tmp_path, "b/c.jpeg")
    assert masks is not None
    assert masks.objects == (small,)
    assert masks.read(10, 8).mean() == pytest.approx(0.5)
    assert find_masks(tmp_path, "b/d.jpeg") is None
    assert find_masks(tmp_path, "nowhere/d.jpeg") is None


@pytest.mark.parametrize("content", [b"", b"no image"])
def test_a_mask_that_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.png"):
        MaskFiles((path,)).read(4, 4)


def test_no_object_in_any_mask_is_no_figure(tmp_path: Path) -> None:
    path = write_mask(tmp_path / "a.png", (0, 0, 0, 0))
    flat = sample(steps(1, 0), MaskFiles((path,)))
    assert pixel_precision([flat], PLAIN, silent_reporter()) is None


def test_all_pixels_of_an_empty_image_are_background(tmp_path: Path) -> None:
    """Twice as much background at the object's score halves the precision there."""
    mask = MaskFiles((write_mask(tmp_path / "a.png", (0, 0, 112, SIDE)),))
    one = sample(steps(1, 0), mask)
    empty = Sample(steps(1, 0), SIDE, SIDE, [], 0, 0, is_empty=True)
    found = pixel_precision([one, empty], PLAIN, silent_reporter())
    assert found is not None
    assert found.images == 2
    assert found.value == pytest.approx(50)
    assert pixel_precision([empty], PLAIN, silent_reporter()) is None
