"""The resident inspection process: its answers, its refusals, its manners."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.domain.geometry import Box
from engine.domain.settings import BoxSettings
from engine.imaging.writing import write_png
from engine.jobs import inspection as talk
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest
from engine.localization.boxes import derive_boxes
from engine.localization.measures import MEASURES, Needs
from engine.store.images import list_images
from engine.store.project import Project
from engine.store.score_maps import maps_of_image
from engine.workflows import index
from tests.jobs.inspector_process import Inspector
from tests.jobs.trained_project import make_trained_project

DGDM_TRAINED, DGDM, CAM_TRAINED, CAM = 1, 2, 3, 4


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_trained_project(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """A copy with pictures of its own, to be spoiled."""
    shutil.copytree(trained.parent, tmp_path / "copy")
    folder = tmp_path / "copy" / "project"
    with Project.open(folder) as opened:
        opened.relocate(tmp_path / "copy" / "pictures")
    return folder


@pytest.fixture(scope="module")
def inspector(trained: Path) -> Iterator[Inspector]:
    with Inspector(trained) as process:
        ready = process.receive()
        assert isinstance(ready, talk.Ready)
        assert "torch" in ready.versions
        yield process


@pytest.fixture
def image_id(trained: Path) -> int:
    with Project.open(trained) as opened, opened.read() as connection:
        return list_images(connection)[0].id


def inspect(inspector: Inspector, run_id: int, image_id: int) -> talk.ImageInspected:
    answer = inspector.ask(talk.InspectImage(id=1, run_id=run_id, image_id=image_id, top=2))
    assert isinstance(answer, talk.ImageInspected), answer
    return answer


def test_maps_are_those_that_the_run_stored(
    inspector: Inspector, trained: Path, image_id: int
) -> None:
    answer = inspect(inspector, DGDM, image_id)
    assert (answer.width, answer.height) == (64, 48)
    assert len(answer.classes) == 3
    assert 2 <= len(answer.maps) <= 3
    assert sum(score.probability for score in answer.classes) == pytest.approx(1, abs=1e-5)
    with Project.open(trained) as opened, opened.read() as connection:
        stored = {m.class_id: m for m in maps_of_image(connection, DGDM, image_id)}
    shown = {found.of.class_id: found for found in answer.maps}
    assert answer.label in shown
    assert stored.keys() <= shown.keys()
    for class_id, kept in stored.items():
        values = talk.decode_array(shown[class_id].values)
        assert np.allclose(values, kept.values, atol=2e-3)
        fresh = derive_boxes(values, 64, 48, BoxSettings())[0]
        assert shown[class_id].boxes[0].box == fresh.box


def test_masks_of_every_insertion_point(inspector: Inspector, image_id: int) -> None:
    points = inspect(inspector, DGDM, image_id).points
    assert len(points) == 2
    for point in points:
        assert point.own
        attention = talk.decode_array(point.attention)
        assert np.allclose(talk.decode_array(point.importance), 1 / (1 + np.exp(-attention)))
        assert point.part
        assert point.channel_mask
        part, drop_mask = talk.decode_array(point.part), talk.decode_array(point.drop_mask)
        assert part.shape == drop_mask.shape == attention.shape
        assert part[np.unravel_index(attention.argmax(), attention.shape)] == 1
        assert not (part & drop_mask).any()
        assert point.delta_h == pytest.approx(0.9 * attention.max(), rel=1e-5)
    not_own = inspect(inspector, CAM_TRAINED, image_id).points
    assert [point.own for point in not_own] == [False] * 2


def test_drops_change_what_the_network_says(inspector: Inspector, image_id: int) -> None:
    everything = Box(0, 0, 64, 48)
    answers = {}
    for how in (
        talk.DropMasks(),
        talk.HideBlock(box=everything),
        talk.BlurInside(box=everything),
        talk.BlurOutside(box=everything),
    ):
        question = talk.DropQuestion(id=3, run_id=DGDM, image_id=image_id, how=how)
        answer = inspector.ask(question)
        assert isinstance(answer, talk.DropShown), answer
        answers[type(how)] = answer
    for kind in (talk.DropMasks, talk.HideBlock, talk.BlurInside):
        shown = answers[kind]
        assert shown.after.map.of.class_id == shown.before.map.of.class_id
        assert shown.after.map.values != shown.before.map.values
        assert talk.decode_array(shown.hidden).any()
        told = {score.class_id for score in shown.before.classes}
        assert told >= {score.class_id for score in shown.after.classes}
    kept = answers[talk.BlurOutside]
    assert not talk.decode_array(kept.hidden).any()
    assert kept.after == kept.before


def test_alternatives_differ_from_the_box_and_each_other(
    inspector: Inspector, image_id: int
) -> None:
    question = talk.AlternativesQuestion(id=5, run_id=DGDM, image_id=image_id)
    answer = inspector.ask(question)
    assert isinstance(answer, talk.AlternativesFound)
    scores = [other.score for other in answer.boxes]
    assert scores == sorted(scores, reverse=True)
    assert all(other.overlap < 0.85 for other in answer.boxes)
    assert all(Box(0, 0, 64, 48).area >= other.box.area > 0 for other in answer.boxes)


def test_measures_of_one_image(inspector: Inspector, image_id: int) -> None:
    question = talk.MeasuresQuestion(id=6, run_id=DGDM, image_id=image_id)
    answer = inspector.ask(question)
    assert isinstance(answer, talk.MeasuresFound)
    assert answer.values.keys() == {m.name for m in MEASURES if m.needs is not Needs.BOXES}
    assert answer.values["necessity"] is not None
    quick = inspector.ask(talk.MeasuresQuestion(id=7, run_id=DGDM, image_id=image_id, quick=True))
    assert isinstance(quick, talk.MeasuresFound)
    assert "necessity" not in quick.values
    assert quick.values["entropy"] == answer.values["entropy"]


def test_runs_are_compared_and_one_that_fails_spoils_nothing(
    inspector: Inspector, image_id: int
) -> None:
    answer = inspector.ask(talk.CompareRuns(id=8, run_ids=(DGDM, 99, CAM), image_id=image_id))
    assert isinstance(answer, talk.RunsCompared)
    first, missing, last = answer.views
    assert (first.method, last.method) == ("dgdm", "cam")
    assert first.seen
    assert last.seen
    assert first.seen.map.of.class_id == last.seen.map.of.class_id
    assert first.points == inspect(inspector, DGDM, image_id).points
    assert [point.own for point in last.points] == [False] * 2
    assert missing.seen is None
    assert missing.failure
    assert "99" in missing.failure.message


def test_stale_questions_are_cancelled(inspector: Inspector, image_id: int) -> None:
    """Sent together: of one kind only the last is answered; other kinds are not touched."""
    inspector.send(
        *(talk.AlternativesQuestion(id=i, run_id=DGDM, image_id=image_id) for i in (10, 11, 12)),
        talk.InspectImage(id=13, run_id=DGDM, image_id=image_id),
    )
    answers = {
        a.id: a for a in (inspector.receive() for _ in range(4)) if not isinstance(a, talk.Ready)
    }
    assert isinstance(answers[12], talk.AlternativesFound)
    assert isinstance(answers[13], talk.ImageInspected)
    assert isinstance(answers[10], talk.Cancelled)
    assert isinstance(answers[11], talk.Cancelled)


def test_nonsense_is_refused_and_the_next_question_answered(
    inspector: Inspector, image_id: int
) -> None:
    refused = inspector.ask(b'{"type": "Destroy"}\n')
    assert isinstance(refused, talk.Refused)
    assert (refused.id, refused.failure.kind) == (0, "input")
    nowhere = talk.DropMasks(points=("nowhere",))
    for question in (
        talk.InspectImage(id=20, run_id=DGDM, image_id=10**6),
        talk.DropQuestion(id=21, run_id=DGDM, image_id=image_id, how=nowhere),
        talk.DropQuestion(
            id=22, run_id=DGDM, image_id=image_id, how=talk.HideBlock(box=Box(5, 5, 5, 9))
        ),
    ):
        answer = inspector.ask(question)
        assert isinstance(answer, talk.Refused)
        assert answer.id == question.id
        assert answer.failure.kind in ("input", "project")
    inspect(inspector, DGDM, image_id)


def test_spoiled_images_and_checkpoints_are_told(project: Path) -> None:
    with Project.open(project) as opened:
        root = opened.image_root
        write_png(root / "red" / "thin.png", np.zeros((40, 1, 3), np.uint8))
        index.run(IndexRequest(str(project), str(root)), silent_reporter())
        with opened.read() as connection:
            images = {image.path: image.id for image in list_images(connection)}
    (root / "red" / "0.png").unlink()
    Image.new("RGB", (64, 48)).save(root / "red" / "1.png")
    for checkpoint in (project / "runs" / "0003").glob("*.safetensors"):
        checkpoint.unlink()

    def refusal(run_id: int, path: str) -> talk.Refused:
        answer = process.ask(talk.InspectImage(id=1, run_id=run_id, image_id=images[path]))
        assert isinstance(answer, talk.Refused), answer
        assert answer.failure.remedy
        assert answer.failure.path
        return answer

    with Inspector(project) as process:
        process.receive()
        assert "not there any more" in refusal(DGDM, "red/0.png").failure.message
        assert "has changed" in refusal(DGDM, "red/1.png").failure.message
        assert "1 x 40 pixels" in refusal(DGDM, "red/thin.png").failure.message
        no_checkpoint = refusal(CAM, "red/2.png").failure
        assert (no_checkpoint.kind, no_checkpoint.message) == (
            "checkpoint",
            "There is no checkpoint.",
        )
        assert process.end() == 0


@pytest.mark.parametrize("name", ["vast.jpg", "vast.png"])
def test_a_hundred_megapixels_are_looked_into_in_bounded_memory(project: Path, name: str) -> None:
    with Project.open(project) as opened:
        root = opened.image_root
        Image.new("RGB", (10_000, 10_000), (30, 120, 60)).save(root / "red" / name)
        index.run(IndexRequest(str(project), str(root)), silent_reporter())
        with opened.read() as connection:
            images = {image.path: image.id for image in list_images(connection)}
    with Inspector(project) as process:
        process.receive()
        inspect(process, DGDM, images["red/0.png"])
        before = process.peak_memory()
        answer = inspect(process, DGDM, images[f"red/{name}"])
        assert (answer.width, answer.height) == (10_000, 10_000)
        assert process.peak_memory() - before < 500 * 2**20
        inspect(process, DGDM, images["red/1.png"])


def test_a_checkpoint_of_another_backbone_is_refused(project: Path) -> None:
    folder = project / "runs" / "0001"
    (described,) = list(folder.glob("epoch-0002.json"))
    described.write_text(described.read_text().replace('"compact"', '"squeezenet1_1"'))
    with Inspector(project) as process:
        process.receive()
        answer = process.ask(talk.InspectImage(id=1, run_id=DGDM, image_id=1))
    assert isinstance(answer, talk.Refused)
    assert answer.failure.kind == "checkpoint"
    assert "squeezenet1_1" in answer.failure.message
    assert "compact" in answer.failure.message


def test_no_project_is_told_and_ends_the_process(tmp_path: Path) -> None:
    with Inspector(tmp_path) as process:
        answer = process.receive()
        assert isinstance(answer, talk.Refused)
        assert answer.failure.kind == "project"
        assert process.process.wait(60) == 1
