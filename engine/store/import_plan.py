"""What an import changes, found out by statements on the staged rows and the project's.

``plan`` fills the temporary tables ``present``, ``going`` and ``touched``; the other functions
say what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    SelectBase,
    Subquery,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    union,
    update,
)

from engine.domain.imports import Existing, ImportAs
from engine.domain.records import DECIDED_STATES, ReviewState
from engine.store import schema, staging
from engine.store.schema import empty_truths, reviews, splits

UNREVIEWED = ReviewState.UNREVIEWED.value

_TABLES: dict[ImportAs, Table] = {
    ImportAs.TRUTH: schema.true_boxes,
    ImportAs.ANNOTATIONS: schema.annotations,
    ImportAs.PROPOSALS: schema.proposals,
}
_DECIDED = tuple(state.value for state in DECIDED_STATES)
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_SAID = ("image_id", "class_id", *_CORNERS)
_boxes, _images = staging.boxes.c, staging.images.c
_known = staging.present.c


@dataclass(frozen=True, slots=True)
class ImportRules:
    """``state`` is what an image without one of its own becomes; ``run_id`` is for proposals."""

    become: ImportAs
    existing: Existing = Existing.KEEP
    state: ReviewState = ReviewState.UNREVIEWED
    run_id: int | None = None


@dataclass
class ImportCounts:
    """What an import changes, or would change."""

    images: int = 0  # whose boxes, state, split or emptiness become others
    kept: int = 0  # left as they are because they have boxes or a decision already
    added: int = 0  # boxes
    removed: int = 0  # boxes
    image_ids: set[int] = field(default_factory=set)


def table_of(rules: ImportRules) -> Table:
    """The table that the boxes come into."""
    return _TABLES[rules.become]


def plan(conn: Connection, rules: ImportRules) -> ImportCounts:
    """Find out what changes; changes no row of the project."""
    for table in (staging.present, staging.going, staging.touched):
        conn.execute(delete(table))
    conn.execute(update(staging.images).values(is_kept=_is_kept(rules)))
    old = _old(rules)
    if conn.execute(select(old.c.id).limit(1)).first() is None:
        new_here = select(_images.image_id).where(_images.is_kept.is_(False), _images.has_boxes)
        _fill(conn, staging.touched, new_here)
    else:
        _compare(conn, rules, old)
    return _counts(conn, rules)


def coming(*columns: Any) -> Select[Any]:
    """``columns`` of the staged boxes that come, and of their classes."""
    return (
        select(*columns)
        .select_from(staging.boxes)
        .join(staging.images, _images.image_id == _boxes.image_id)
        .join(staging.classes, staging.classes.c.number == _boxes.class_number)
        .where(_images.is_kept.is_(False), _boxes.id.not_in(select(_known.box_id)))
    )


def score_of(rules: ImportRules) -> ColumnElement[Any]:
    """A box's score as the table has it: proposals have one, true boxes have none."""
    if rules.become is ImportAs.TRUTH:
        return null()
    is_proposal = rules.become is ImportAs.PROPOSALS
    return func.coalesce(_boxes.score, 1.0) if is_proposal else _boxes.score


def states(rules: ImportRules) -> Select[Any]:
    """Image id, review state, seconds and new state of each image that gets another state."""
    is_asked = true() if rules.become is ImportAs.ANNOTATIONS else false()
    before = func.coalesce(reviews.c.state, UNREVIEWED)
    after = func.coalesce(_images.state, rules.state.value)
    stays: ColumnElement[bool] = false()
    if rules.existing is Existing.ADD:  # to what a person has accepted or drawn
        has_work = before.in_(_DECIDED) | _exists(schema.left_boxes)
        stays = and_(has_work, before != ReviewState.REJECTED.value)
    return (
        select(_images.image_id, reviews.c.state, reviews.c.seconds, after)
        .outerjoin(reviews, reviews.c.image_id == _images.image_id)
        .where(is_asked, _images.is_kept.is_(False), before != after, not_(stays))
    )


def splits_changing() -> Select[Any]:
    """Image id, split and new split of each image that gets another; kept ones too."""
    return (
        select(_images.image_id, splits.c.split, _images.split)
        .outerjoin(splits, splits.c.image_id == _images.image_id)
        .where(_images.split.is_not(None), _images.split.is_distinct_from(splits.c.split))
    )


def emptiness(rules: ImportRules) -> Select[Any]:
    """Image id, and whether it is now known to hold no true box, where that is news."""
    is_asked = true() if rules.become is ImportAs.TRUTH else false()
    known = _exists(empty_truths)
    empty = and_(_images.is_empty, not_(_images.has_boxes))
    if rules.existing is not Existing.REPLACE:  # a box that stays says otherwise
        empty = and_(empty, not_(_exists(schema.true_boxes)))
    refuted: ColumnElement[bool] = _images.has_boxes
    if rules.existing is Existing.REPLACE:
        refuted = not_(_images.is_empty)
    return select(_images.image_id, empty.label("is_empty")).where(
        is_asked,
        _images.is_kept.is_(False),
        or_(and_(empty, not_(known)), and_(refuted, known)),
    )


def _is_kept(rules: ImportRules) -> ColumnElement[bool]:
    """Where there is something already, and that is to stay."""
    if rules.existing is not Existing.KEEP:
        return false()
    if rules.become is ImportAs.TRUTH:
        return or_(_exists(schema.true_boxes), _exists(empty_truths))
    begun = _exists(schema.left_boxes)
    return or_(_exists(table_of(rules)), _exists(reviews, reviews.c.state.in_(_DECIDED)), begun)


def left_behind(rules: ImportRules) -> Select[Any]:
    """What a person had left undecided in images whose annotations are replaced."""
    replaces = rules.become is ImportAs.ANNOTATIONS and rules.existing is Existing.REPLACE
    staged = _images.image_id == schema.left_boxes.c.image_id
    return (
        select(schema.left_boxes)
        .join(staging.images, staged)
        .where(true() if replaces else false(), _images.is_kept.is_(False))
    )


def _exists(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the staged image has a row there."""
    return select(literal(1)).where(table.c.image_id == _images.image_id, *conditions).exists()


def _old(rules: ImportRules) -> Subquery:
    """The rows that the images have which do not stay as they are."""
    table = table_of(rules)
    join = table.join(staging.images, _images.image_id == table.c.image_id)
    return select(*table.c).select_from(join).where(_images.is_kept.is_(False)).subquery("old")


def _compare(conn: Connection, rules: ImportRules, old: Subquery) -> None:
    """Which boxes are there already, each standing for one row; which rows go."""
    score = None if rules.become is ImportAs.TRUTH else old.c.score
    ours = _numbered(
        select(old.c.id), [old.c[n] for n in ("image_id", "class_id", *_CORNERS)], score
    )
    new = select(_boxes.id).select_from(staging.boxes)
    new = new.join(staging.classes, staging.classes.c.number == _boxes.class_number)
    values = [_boxes.image_id, staging.classes.c.class_id, *(_boxes[n] for n in _CORNERS)]
    theirs = _numbered(new, values, None if score is None else score_of(rules))
    same = and_(*(c.is_not_distinct_from(ours.c[c.key]) for c in theirs.c if c.key != "id"))
    pairs = select(theirs.c.id, ours.c.id).select_from(theirs.join(ours, same))
    conn.execute(insert(staging.present).from_select(["box_id", "old_id"], pairs))
    if rules.existing is Existing.REPLACE:
        left = old.c.id.not_in(select(_known.old_id))
        _fill(conn, staging.going, select(old.c.id).where(left))
    leaving = select(old.c.image_id).where(old.c.id.in_(select(staging.going.c.id)))
    _fill(conn, staging.touched, union(coming(_boxes.image_id), leaving))
    if rules.become is ImportAs.PROPOSALS and rules.existing is Existing.REPLACE:
        _swap_whole_images(conn, old)


def _numbered(query: Select[Any], values: list[Any], score: Any) -> Subquery:
    """Rows by what they say, and which of those that say the same each is."""
    said = [value.label(name) for name, value in zip(_SAID, values, strict=True)]
    if score is not None:
        values, said = [*values, score], [*said, score.label("score")]
    number = func.row_number().over(partition_by=values, order_by=query.selected_columns[0])
    return query.add_columns(*said, number.label("which")).subquery()


def _swap_whole_images(conn: Connection, old: Subquery) -> None:
    """Proposals are swapped image by image: where one is another now, all come anew."""
    touched = select(staging.touched.c.image_id)
    again = select(_boxes.id).where(_boxes.image_id.in_(touched))
    conn.execute(delete(staging.present).where(_known.box_id.in_(again)))
    more = old.c.image_id.in_(touched) & old.c.id.not_in(select(staging.going.c.id))
    _fill(conn, staging.going, select(old.c.id).where(more))


def _fill(conn: Connection, table: Table, ids: SelectBase) -> None:
    conn.execute(insert(table).from_select([next(iter(table.c)).name], ids))


def _counts(conn: Connection, rules: ImportRules) -> ImportCounts:
    changed = (
        select(staging.touched.c.image_id),
        *(
            select(query.subquery().c.image_id)
            for query in (states(rules), splits_changing(), emptiness(rules))
        ),
    )
    image_ids = set(conn.execute(union(*changed)).scalars())
    kept = select(func.count()).select_from(staging.images).where(_images.is_kept)
    gone = select(func.count()).select_from(staging.going)
    return ImportCounts(
        images=len(image_ids),
        kept=int(conn.execute(kept).scalar_one()),
        added=_coming_count(conn),
        removed=int(conn.execute(gone).scalar_one()),
        image_ids=image_ids,
    )


def _coming_count(conn: Connection) -> int:
    """Without looking at each box where all come, as they mostly do."""
    kept = select(_images.image_id).where(_images.is_kept).limit(1)
    here = select(_known.box_id).limit(1)
    all_come = conn.execute(kept).first() is None and conn.execute(here).first() is None
    query = select(func.count()).select_from(staging.boxes)
    if not all_come:
        query = select(func.count()).select_from(coming(_boxes.id).subquery())
    return int(conn.execute(query).scalar_one())
