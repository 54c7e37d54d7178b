"""What an import does to every mixture of old and new boxes, against the same said in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select

from engine.domain.errors import ProjectError
from engine.domain.geometry import Box
from engine.domain.imports import Existing, ImportAs
from engine.domain.records import DECIDED_STATES, LeftBox, ReviewState, RunKind
from engine.store import proposals, review, runs, schema
from engine.store.annotations import annotations_of, review_states
from engine.store.imports import ImportRules, preview_import, take_in, taking_in
from engine.store.left_boxes import left_boxes_of
from engine.store.project import Project
from engine.store.staging import StagedImage, Staging
from engine.store.undo_log import Changes

Row = tuple[int, int, float | None]  # class id, left edge, score
TABLES = {
    ImportAs.TRUTH: schema.true_boxes,
    ImportAs.ANNOTATIONS: schema.annotations,
    ImportAs.PROPOSALS: schema.proposals,
}
Dump = Callable[[Project], dict[str, list[Any]]]


@dataclass
class OneImage:
    """What the project has of an image, and what the file says."""

    old: list[Row] = field(default_factory=list)
    state: ReviewState = ReviewState.UNREVIEWED
    was_empty: bool = False
    new: list[Row] = field(default_factory=list)
    new_state: ReviewState | None = None
    is_empty: bool = False


scores = st.sampled_from([0.25, 0.5])
rows = st.tuples(st.sampled_from([1, 2]), st.integers(0, 2), scores)
states = st.sampled_from(list(ReviewState))
worlds = st.lists(
    st.builds(
        OneImage,
        old=st.lists(rows, max_size=4),
        state=states,
        was_empty=st.booleans(),
        new=st.lists(rows, max_size=3, unique_by=lambda row: row[:2]),
        new_state=st.none() | states,
        is_empty=st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


def expected(image: OneImage, rules: ImportRules) -> tuple[Counter[Row], ReviewState, bool]:
    """Boxes, state and whether it is known to be empty, afterwards."""
    old, new = Counter(image.old), Counter(image.new)
    is_truth, decided = rules.become is ImportAs.TRUTH, image.state in DECIDED_STATES
    kept = rules.existing is Existing.KEEP and bool(
        image.old or (image.was_empty if is_truth else decided)
    )
    if kept:
        return old, image.state, image.was_empty
    after = old | new if rules.existing is Existing.ADD else new
    state = image.state
    if rules.become is ImportAs.ANNOTATIONS:
        stays = rules.existing is Existing.ADD and decided and state is not ReviewState.REJECTED
        state = state if stays else image.new_state or rules.state
    empty = image.was_empty
    if is_truth:
        empty = not after and (image.is_empty or (empty and rules.existing is not Existing.REPLACE))
    return after, state, empty


@given(
    worlds,
    st.sampled_from(list(ImportAs)),
    st.sampled_from(list(Existing)),
    st.sampled_from([ReviewState.UNREVIEWED, ReviewState.ACCEPTED]),
)
@example(
    [OneImage([(1, 0, 0.5)] * 2, new=[(1, 0, 0.5)])],
    ImportAs.PROPOSALS,
    Existing.ADD,
    ReviewState.UNREVIEWED,
)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_mixture(filled, world, become, existing, state):
    world = [_sensible(image, become) for image in world]
    project: Project = filled.project
    with project.write() as conn:
        _clear(conn)
        run_id = runs.start_run(conn, RunKind.IMPORT, {}, {})
        _put_old(conn, filled, world, become)
    before = _dump(project)
    rules = ImportRules(become, existing, state, run_id)
    changes = _import(project, filled, world, rules)
    found = _found(project, filled, world, become)
    assert found == [expected(image, rules) for image in world]
    after = _dump(project)
    changed = [
        image_id
        for image_id, image in zip(filled.image_ids, world, strict=False)
        if expected(image, rules) != (Counter(image.old), image.state, image.was_empty)
    ]
    assert changes.image_ids == frozenset(changed)
    for _ in range(2):
        _step(project, review.undo, bool(changed))
        assert _dump(project) == before
        _step(project, review.redo, bool(changed))
        assert _dump(project) == after
    if changed:
        with project.read() as conn:
            assert review.history(conn)[0].image_ids == frozenset(changed)


def _step(project: Project, step: Callable[[Connection], object], expects: bool) -> None:
    with Project.open(project.folder) as again, again.write() as conn:
        assert (step(conn) is not None) is expects


def _sensible(image: OneImage, become: ImportAs) -> OneImage:
    """Truth has no scores, and an image with boxes is not empty."""
    if become is ImportAs.TRUTH:
        image.old = [(c, x, None) for c, x, _ in image.old]
        image.new = [(c, x, None) for c, x, _ in image.new]
    else:
        image.was_empty = False
    image.was_empty &= not image.old
    image.is_empty &= not image.new
    return image


def _corners(left: float) -> dict[str, float]:
    return {"xmin": left, "ymin": 1.0, "xmax": 20.0, "ymax": 30.0}


def _put_old(conn: Connection, filled: Any, world: Sequence[OneImage], become: ImportAs) -> None:
    own = {
        ImportAs.TRUTH: {},
        ImportAs.ANNOTATIONS: {"origin": "drawn"},
        ImportAs.PROPOSALS: {"run_id": filled.run_id, "threshold": 0.2},
    }[become]
    for image_id, image in zip(filled.image_ids, world, strict=False):
        for class_id, left, score in image.old:
            row = {"image_id": image_id, "class_id": class_id, **_corners(left), **own}
            scored = row if become is ImportAs.TRUTH else row | {"score": score}
            conn.execute(insert(TABLES[become]).values(scored))
        if image.state is not ReviewState.UNREVIEWED:
            review_row = {"image_id": image_id, "state": image.state.value, "seconds": 2.5}
            conn.execute(insert(schema.reviews).values(review_row))
        if image.was_empty:
            conn.execute(insert(schema.empty_truths).values(image_id=image_id))


def _import(
    project: Project, filled: Any, world: Sequence[OneImage], rules: ImportRules
) -> Changes:
    with project.staging() as conn:
        staged = Staging(conn)
        file = staged.file("file")
        for image_id, image in zip(filled.image_ids, world, strict=False):
            for class_id, left, score in image.new:
                corners = tuple(_corners(left).values())
                staged.add((image_id, class_id - 1, *corners, score, None, file, ""))
        staged.drop_repeated()
        staged.set_images(
            StagedImage(image_id, image.new_state, None, image.is_empty)
            for image_id, image in zip(filled.image_ids, world, strict=False)
        )
        wanted = preview_import(staged, [1, 2], rules)
        conn.rollback()
        with taking_in(staged):
            assert preview_import(staged, [1, 2], rules) == wanted
            changes = take_in(staged, rules, "Import")
    assert wanted.image_ids == changes.image_ids
    return changes


def _found(
    project: Project, filled: Any, world: Sequence[OneImage], become: ImportAs
) -> list[tuple[Counter[Row], ReviewState, bool]]:
    table = TABLES[become]
    with project.read() as conn:
        rows = conn.execute(select(table)).all()
        states = dict(conn.execute(select(schema.reviews.c.image_id, schema.reviews.c.state)).all())
        empty = set(conn.execute(select(schema.empty_truths.c.image_id)).scalars())
    found = []
    for image_id, _ in zip(filled.image_ids, world, strict=False):
        said = Counter(
            (row.class_id, int(row.xmin), getattr(row, "score", None))
            for row in rows
            if row.image_id == image_id
        )
        found.append((said, ReviewState(states.get(image_id, "unreviewed")), image_id in empty))
    return found


def _dump(project: Project) -> dict[str, list[Any]]:
    """Every row that an import may change; proposals may get other ids."""
    with project.read() as conn:
        found = {
            table.name: sorted(map(tuple, conn.execute(select(table))))
            for table in schema.HUMAN_TABLES
        }
        said = [c for c in schema.proposals.c if c.name != "id"]
        found["proposals"] = sorted(map(repr, conn.execute(select(*said))))
    return found


def _clear(conn: Connection) -> None:
    names = ("operation_boxes", "operation_parts", "operations", "proposals")
    for table in (*schema.HUMAN_TABLES, *(schema.metadata.tables[name] for name in names)):
        conn.execute(delete(table))


def _proposed(filled: Any, count: int = 3) -> ImportRules:
    with filled.project.write() as conn:
        run_id = runs.start_run(conn, RunKind.IMPORT, {}, {})
    world = [OneImage(new=[(1, 0, 0.5), (2, 1, 0.25)]) for _ in range(count)]
    rules = ImportRules(ImportAs.PROPOSALS, Existing.REPLACE, run_id=run_id)
    _import(filled.project, filled, world, rules)
    return rules


def test_undo_leaves_proposals_that_a_job_has_made_since(filled):
    _proposed(filled)
    first, second, third = filled.image_ids[:3]
    with filled.project.write() as conn:
        anew = proposals.NewProposal(first, 1, Box(1, 1, 9, 9), 0.9, 0.2)
        proposals.replace_proposals(conn, filled.run_id, [first, second], [anew])
        changes = review.undo(conn)
        assert changes is not None
        assert changes.image_ids == {third}
        left = proposals.proposals_of(conn, [first, second, third])
    assert [p.score for p in left[first]] == [0.9]
    assert left[second] == []
    assert [p.score for p in left[third]] == [0.5]
    with filled.project.write() as conn:
        review.redo(conn)
        left = proposals.proposals_of(conn, [first, second, third])
    assert [len(left[i]) for i in (first, second, third)] == [1, 0, 2]


def test_a_history_that_does_not_fit_changes_nothing(filled):
    rules = ImportRules(ImportAs.ANNOTATIONS)
    _import(filled.project, filled, [OneImage(new=[(1, 0, None), (1, 1, None)])], rules)
    with filled.project.write() as conn:
        review.undo(conn)
        review.redo(conn)
        conn.execute(delete(schema.annotations).where(schema.annotations.c.xmin == 0))
    before = _dump(filled.project)
    with pytest.raises(ProjectError, match="history"), filled.project.write() as conn:
        review.undo(conn)
    assert _dump(filled.project) == before


def test_a_new_act_forgets_what_was_undone(filled):
    _import(filled.project, filled, [OneImage(new=[(1, 0, None)])], ImportRules(ImportAs.TRUTH))
    with filled.project.write() as conn:
        review.undo(conn)
        assert conn.execute(select(schema.operation_boxes)).all()
        review.skip(conn, filled.image_ids[0])
        assert not conn.execute(select(schema.operation_boxes)).all()
        assert review.redo(conn) is None


def test_many_boxes_go_in_by_several_statements_and_can_be_stopped(filled, monkeypatch):
    monkeypatch.setattr("engine.store.imports._BATCH", 2)
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        told.append((done, total))
        if done == 4:
            raise RuntimeError("stopped")

    with filled.project.staging() as conn:
        staged = Staging(conn)
        for number in range(7):
            staged.add((1, 0, float(number), 0.0, 30.0, 40.0, None, number, 1, ""))
        staged.set_images([StagedImage(1)])
        rules = ImportRules(ImportAs.ANNOTATIONS)
        with pytest.raises(RuntimeError, match="stopped"):
            _take_all(staged, rules, stop)
        with filled.project.read() as other:
            assert not other.execute(select(schema.annotations)).all()
        _take_all(staged, rules, lambda _done, _total: None)
    assert told == [(2, 7), (4, 7)]
    with filled.project.read() as conn:
        assert len(conn.execute(select(schema.annotations)).all()) == 7


def _take_all(staged: Staging, rules: ImportRules, check: Callable[[int, int], object]) -> None:
    with taking_in(staged):
        preview_import(staged, [1], rules)
        take_in(staged, rules, "Import", check)


def test_filling_the_tables_hinders_nobody_and_leaves_nothing(filled):
    with filled.project.staging() as conn:
        staged = Staging(conn)
        staged.add((1, 0, 0.0, 0.0, 30.0, 40.0, None, 1, staged.file("file"), ""))
        staged.drop_repeated()
        with filled.project.write() as other:
            review.skip(other, filled.image_ids[0])
        staged.set_images([StagedImage(1)])
    with filled.project.read() as conn:
        names = conn.exec_driver_sql("SELECT name FROM temp.sqlite_master").all()
    assert names == []


def test_boxes_of_an_image_that_is_not_there_are_refused(filled):
    """References are not checked one by one while others wait for the lock."""
    with filled.project.staging() as conn:
        staged = Staging(conn)
        staged.add((10_000, 0, 1.0, 1.0, 2.0, 2.0, None, None, 1, ""))
        staged.set_images([StagedImage(10_000)])
        with pytest.raises(ProjectError, match="no image with id 10000"), taking_in(staged):
            pass
        # checked again for whatever comes next on this connection
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize("existing", list(Existing))
def test_what_a_person_has_begun_box_by_box_is_begun_or_replaced_whole(filled, existing):
    project, image_id = filled.project, filled.image_ids[0]
    with project.write() as conn:
        review.replace_boxes(conn, image_id, [], "Skip box", None, [LeftBox(1, Box(1, 1, 9, 9))])
    before = _dump(project)
    rules = ImportRules(ImportAs.ANNOTATIONS, existing, ReviewState.ACCEPTED)
    _import(project, filled, [OneImage(new=[(1, 5, None)])], rules)
    with project.read() as conn:
        state = review_states(conn)[image_id]
        own, left = annotations_of(conn, [image_id]), left_boxes_of(conn, [image_id])
    wanted = {
        Existing.KEEP: (ReviewState.PARTLY, 0, 1),
        Existing.ADD: (ReviewState.PARTLY, 1, 1),  # what is left still waits
        Existing.REPLACE: (ReviewState.ACCEPTED, 1, 0),
    }
    assert (state, len(own[image_id]), len(left[image_id])) == wanted[existing]
    with project.write() as conn:
        if existing is not Existing.KEEP:
            review.undo(conn)
    assert _dump(project) == before
