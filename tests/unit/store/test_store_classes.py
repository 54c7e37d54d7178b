"""Classes and labels as a person has made them: laid over what was found, one step of undo each."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, RunKind
from engine.store import annotations, class_acts, classes, images, labels, proposals, review, runs
from engine.store import score_maps as map_rows
from engine.store.project import Connection, Project
from engine.store.review import EditedBox
from engine.store.score_maps import StoredMap
from engine.store.snapshots import LabelDrift, label_drift, snapshot_of, write_snapshot
from engine.store.summary import summary


def names(project: Project) -> list[str]:
    with project.read() as conn:
        return [record.name for record in images.list_classes(conn)]


def test_a_class_is_added_undone_and_added_again(filled, human_rows):
    project = filled.project
    with project.write() as conn:
        changes, class_id = class_acts.add_class(conn, "  great   auk ")
    assert changes == review.Changes(frozenset(), "Add class", frozenset({class_id}))
    assert names(project) == ["cat", "dog", "great auk"]
    with project.write() as conn:
        assert review.undo(conn).class_ids == {class_id}
    assert names(project) == ["cat", "dog"]
    with project.write() as conn:
        review.redo(conn)
    assert names(project) == ["cat", "dog", "great auk"]
    with project.write() as conn:
        review.undo(conn)
        assert class_acts.add_class(conn, "great auk")[1] == class_id
    assert names(project) == ["cat", "dog", "great auk"]


def test_a_class_whose_making_was_undone_is_there_once_images_of_it_are_found(filled, make_image):
    project = filled.project
    with project.write() as conn:
        class_acts.add_class(conn, "auk")
        review.undo(conn)
        found = images.add_classes(conn, ["auk"])["auk"]
        images.add_images(conn, [make_image("auk/1.jpg", found)])
    assert names(project) == ["cat", "dog", "auk"]


@pytest.mark.parametrize("name", ["", "  ", "DOG"])
def test_a_name_must_be_one_and_free(filled, name, human_rows):
    before = human_rows(filled.project)
    with pytest.raises(InputError), filled.project.write() as conn:
        class_acts.rename_class(conn, filled.class_ids[0], name)
    with pytest.raises(InputError), filled.project.write() as conn:
        class_acts.add_class(conn, name)
    assert human_rows(filled.project) == before


def test_a_renamed_class_is_still_found_by_its_folder(filled):
    project, cat = filled.project, filled.class_ids[0]
    with project.write() as conn:
        class_acts.rename_class(conn, cat, "kitten")
        assert images.add_classes(conn, ["cat"])["cat"] == cat
        assert classes.class_ids_for(conn, ["kitten", "cat"]) == {"kitten": cat, "cat": cat}
        _, other = class_acts.add_class(conn, "cat")
        assert classes.class_ids_for(conn, ["cat"]) == {"cat": other}
    assert names(project) == ["kitten", "dog", "cat"]
    with project.read() as conn:
        assert list(summary(conn).classes) == ["kitten", "dog", "cat"]
    with project.write() as conn:
        review.undo(conn)
        review.undo(conn)
    assert names(project) == ["cat", "dog"]


def test_indexing_again_overwrites_no_class(filled):
    """Names, colours, keys and order that a person chose stay when folders are found anew."""
    project, (cat, dog) = filled.project, filled.class_ids
    with project.write() as conn:
        class_acts.rename_class(conn, cat, "kitten")
        class_acts.recolour_class(conn, dog, "#123456")
        class_acts.set_class_key(conn, dog, "7")
        class_acts.add_class(conn, "unseen")
        before = classes.list_classes(conn)
    with project.write() as conn:
        images.add_classes(conn, ["aardvark", "cat", "dog"])
        after = classes.list_classes(conn)
    assert after[: len(before)] == before
    assert [record.name for record in after[len(before) :]] == ["aardvark"]


def _classes_read(conn: Connection, image_id: int) -> set[int | None]:
    """Every class that the readers give out."""
    one = [image_id]
    return {
        *(image.class_id for image in images.list_images(conn)),
        *(entry.class_id for entry in images.queue(conn)),
        images.queue_entries(conn, one)[0].class_id,
        *(proposal.class_id for proposal in proposals.proposals_of(conn, one)[image_id]),
        *(annotation.class_id for annotation in annotations.annotations_of(conn, one)[image_id]),
        *(annotation.class_id for annotation in annotations.all_annotations(conn)),
        *(proposal.class_id for proposal in proposals.all_proposals(conn)),
    }


def test_everything_of_a_merged_class_counts_as_the_other(filled, human_rows):
    project, ids, (cat, dog) = filled.project, filled.image_ids, filled.class_ids
    with project.write() as conn:
        _, auk = class_acts.add_class(conn, "auk")
        drawn = EditedBox(None, cat, Box(1, 2, 3, 4), AnnotationOrigin.DRAWN)
        review.replace_boxes(conn, ids[0], [drawn], "Draw box")
        values = np.ones((2, 2), np.float16)
        maps = [StoredMap(ids[0], cat, 0.9, values), StoredMap(ids[0], auk, 0.3, values)]
        map_rows.put_maps(conn, filled.run_id, maps)
        map_rows.put_predictions(conn, filled.run_id, {ids[0]: cat})
    before = human_rows(project)
    with project.write() as conn:
        class_acts.merge_class(conn, cat, dog)
        class_acts.merge_class(conn, dog, auk)
    assert names(project) == ["auk"]
    with project.read() as conn:
        assert _classes_read(conn, ids[0]) == {auk}
        stored = map_rows.get_map(conn, filled.run_id, ids[0], auk)
        assert (stored.class_id, stored.probability) == (auk, pytest.approx(0.9))
        assert [m.probability for m in map_rows.maps_of_image(conn, filled.run_id, ids[0])] == [
            pytest.approx(0.9)
        ]
        assert map_rows.predictions(conn, filled.run_id) == {ids[0]: auk}
        assert summary(conn).classes == {"auk": 6}
        assert classes.class_names(conn)[cat] == "auk"
        assert classes.known_class_ids(conn) == {"cat": auk, "dog": auk, "auk": auk}
    with project.write() as conn:
        review.undo(conn)
        review.undo(conn)
    assert human_rows(project) == before
    assert names(project) == ["cat", "dog", "auk"]


def test_a_class_is_merged_into_another_only(filled):
    with pytest.raises(InputError, match="itself"), filled.project.write() as conn:
        class_acts.merge_class(conn, filled.class_ids[0], filled.class_ids[0])


def test_only_a_class_that_nothing_is_of_can_be_removed(filled):
    project = filled.project
    with project.write() as conn:
        _, auk = class_acts.add_class(conn, "auk")
        class_acts.remove_class(conn, auk)
    assert names(project) == ["cat", "dog"]
    with project.write() as conn:
        assert review.undo(conn).operation == "Remove class"
    assert names(project) == ["cat", "dog", "auk"]
    with pytest.raises(InputError, match="images or boxes"), project.write() as conn:
        class_acts.remove_class(conn, filled.class_ids[0])


def test_colour_and_key(filled):
    project, (cat, dog) = filled.project, filled.class_ids
    with project.write() as conn:
        class_acts.recolour_class(conn, cat, "#AABBCC")
        class_acts.set_class_key(conn, cat, "3")
        class_acts.set_class_key(conn, dog, "3")
    with project.read() as conn:
        shown = [(c.color, c.key) for c in images.list_classes(conn)]
    assert shown == [("#aabbcc", None), (None, "3")]
    with project.write() as conn:
        review.undo(conn)
        assert images.list_classes(conn)[0].key == "3"
    for wrong in ("red", "#12345", "url(x)"):
        with pytest.raises(InputError), project.write() as conn:
            class_acts.recolour_class(conn, cat, wrong)
    with pytest.raises(InputError), project.write() as conn:
        class_acts.set_class_key(conn, cat, "x")


def test_labels_given_count_and_not_what_was_found(filled, human_rows, make_image):
    project, ids, (cat, dog) = filled.project, filled.image_ids, filled.class_ids
    before = human_rows(project)
    with project.write() as conn:
        changes = labels.set_labels(conn, ids[:2], [dog, cat])
    assert changes.operation == "Set label of 2 images"
    assert (changes.image_ids, changes.class_ids) == (set(ids[:2]), {cat, dog})
    with project.read() as conn:
        assert images.get_image(conn, ids[0]).labels == (dog, cat)
        assert images.queue_entries(conn, ids[:1])[0].more_labels == (cat,)
        assert [i.labels for i in images.list_images(conn)][1:3] == [(cat,), (cat,)]
        assert summary(conn).classes == {"cat": 4, "dog": 4}
    with project.write() as conn:  # looking for new images takes nothing away
        images.add_images(conn, [make_image("0/0000.jpg", cat)])
        assert images.get_image(conn, ids[0]).labels == (dog, cat)
        assert not labels.set_labels(conn, ids[:2], [dog, cat])
        labels.set_labels(conn, ids[:1], [cat])  # as found: nothing of it is kept
        assert images.get_image(conn, ids[0]).labels == (cat,)
        review.undo(conn)
        review.undo(conn)
    assert human_rows(project) == before
    with pytest.raises(InputError), project.write() as conn:
        labels.set_labels(conn, ids, [99])


def test_a_note_is_written_changed_and_taken_away(filled):
    project, image_id = filled.project, filled.image_ids[0]
    with project.write() as conn:
        labels.set_note(conn, image_id, " is this an auk? \n")
        assert labels.note_of(conn, image_id) == "is this an auk?"
        assert images.queue_entries(conn, [image_id])[0].has_note
        assert labels.set_note(conn, image_id, "").operation == "Delete note"
        assert labels.note_of(conn, image_id) == ""
        review.undo(conn)
        assert labels.note_of(conn, image_id) == "is this an auk?"
        assert not labels.set_note(conn, image_id, "is this an auk?")


def test_what_changed_since_a_training_is_counted(filled):
    project, ids, (cat, dog) = filled.project, filled.image_ids, filled.class_ids
    with project.write() as conn:
        run_id = runs.start_run(conn, RunKind.TRAIN, {}, {}, folder="runs/1")
        record = runs.get_run(conn, run_id)
        pairs = [(i.path, label) for i in images.list_images(conn) for label in i.labels]
    folder = project.folder / "runs" / "1"
    folder.mkdir()
    write_snapshot(folder, snapshot_of(pairs, {cat: "cat", dog: "dog"}))

    def drift() -> LabelDrift:
        with project.read() as conn:
            return label_drift(conn, project.folder, record)

    assert drift() == LabelDrift(0, 0)
    with project.write() as conn:
        labels.set_labels(conn, ids[:1], [cat, dog])
    assert drift() == LabelDrift(1, 0)
    with project.write() as conn:
        class_acts.rename_class(conn, cat, "kitten")
    assert drift() == LabelDrift(1, 1)
    with project.write() as conn:
        class_acts.merge_class(conn, dog, cat)
    assert drift() == LabelDrift(3, 2)  # the image of both is as it was
    with project.write() as conn:
        for _ in range(3):
            review.undo(conn)
    assert not drift()
