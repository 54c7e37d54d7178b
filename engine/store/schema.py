"""Tables of a project. Machine rows and human rows never share a table.

Any change here needs a migration in ``migrations/versions``; a test compares the two.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

#: The newest migration; a project at this version opens without alembic being imported.
VERSION = "0006"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times, kept as naive UTC because not every database knows time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


def _box_columns() -> list[Column[float]]:
    return [Column(name, Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")]


def _box_check() -> CheckConstraint:
    return CheckConstraint("xmin < xmax AND ymin < ymax", name="extent")


# One row.
project = Table(
    "project",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("image_root", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Machine rows: jobs write them, a batch at a time.
classes = Table(
    "classes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

images = Table(
    "images",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", String, nullable=False, unique=True),
    Column("class_id", ForeignKey("classes.id"), index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("digest", String),
    Column("problem", String),
    Column("bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("parent_id", ForeignKey("runs.id")),
    Column("settings", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("folder", String),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("error", String),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
)

# A value is null where the number was none (a diverged loss).
metrics = Table(
    "metrics",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("step", Float, primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Float),
)

# ``map_values`` is little-endian float16, row after row. ``class_rank`` is null in the maps of old
# programs.
score_maps = Table(
    "score_maps",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("image_id", ForeignKey("images.id"), primary_key=True),
    Column("class_id", ForeignKey("classes.id"), primary_key=True),
    Column("probability", Float, nullable=False),
    Column("height", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("map_values", LargeBinary, nullable=False),
    Column("class_rank", Integer),
)

predictions = Table(
    "predictions",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("image_id", ForeignKey("images.id"), primary_key=True),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("image_id", ForeignKey("images.id"), nullable=False),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
    *_box_columns(),
    Column("score", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("quality_50", Float),
    Column("quality_70", Float),
    _box_check(),
    Index(None, "image_id", "score"),
)

# What a run found out about an image, by the name of the measure; null where it has no value.
measures = Table(
    "measures",
    metadata,
    Column("run_id", ForeignKey("runs.id"), primary_key=True),
    Column("image_id", ForeignKey("images.id"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("value", Float),
)

# Images that chance chose for review, in the order drawn: what estimates may rest on.
draws = Table(
    "draws",
    metadata,
    Column("image_id", ForeignKey("images.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
)

# Human rows: written by ``undo_log`` alone, so that none changes without its inverse. Their values
# are plain JSON values, so that a row can be kept in an operation.
annotations = Table(
    "annotations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
    *_box_columns(),
    Column("origin", String(16), nullable=False),
    Column("run_id", ForeignKey("runs.id")),
    Column("score", Float),
    _box_check(),
)

# What a person has left undecided in an image some boxes of which are decided: kept as it was seen,
# so that its annotations are decided boxes and nothing else. Counts while the image is undecided.
left_boxes = Table(
    "left_boxes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
    *_box_columns(),
    Column("run_id", ForeignKey("runs.id")),
    Column("score", Float),
    Column("skipped", Boolean, nullable=False),
    _box_check(),
)

# No row means unreviewed. ``seconds``: what a person has spent on the image in all.
reviews = Table(
    "reviews",
    metadata,
    Column("image_id", ForeignKey("images.id"), primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("seconds", Float),
)

# What a person has made of a class: the row of ``classes`` stays as it was found, so that new
# images of that folder still find it. Null: as found. ``merged_into``: counts as that class.
class_edits = Table(
    "class_edits",
    metadata,
    Column("class_id", ForeignKey("classes.id"), primary_key=True, autoincrement=False),
    Column("name", String),
    Column("color", String(9)),
    Column("key", String(1)),
    Column("merged_into", ForeignKey("classes.id")),
)

# Image labels that a person has given. Where an image has any, they count and not the one found.
image_labels = Table(
    "image_labels",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("image_id", ForeignKey("images.id"), primary_key=True, autoincrement=False),
    Column("text", String, nullable=False),
)

# Where a box truly is, to evaluate with; never shown as a person's annotation.
true_boxes = Table(
    "true_boxes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("image_id", ForeignKey("images.id"), nullable=False, index=True),
    Column("class_id", ForeignKey("classes.id"), nullable=False),
    *_box_columns(),
    _box_check(),
)

# Images of which it is known that they hold no true box. Without a row here an image that has no
# true box is one that nothing is known of.
empty_truths = Table(
    "empty_truths",
    metadata,
    Column("image_id", ForeignKey("images.id"), primary_key=True, autoincrement=False),
)

# train, val or test, as an import brought it.
splits = Table(
    "splits",
    metadata,
    Column("image_id", ForeignKey("images.id"), primary_key=True, autoincrement=False),
    Column("split", String(16), nullable=False),
)

# The undo log. Undone operations are always the newest ones: a new operation drops them.
operations = Table(
    "operations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seconds", Float),
    Column("undone", Boolean, nullable=False),
    Column("changes", JSON, nullable=False),
    Index(None, "undone", "id"),
)

# Further changes of an operation too large for one row, in order; each part by itself is small.
operation_parts = Table(
    "operation_parts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("operation_id", ForeignKey("operations.id"), nullable=False, index=True),
    Column("changes", JSON, nullable=False),
)

# Boxes that an operation has put into a table (``is_new``) or taken out of it, by the million, as
# ``box_swaps`` needs them to undo or redo it. ``box_id`` is the id that a box has in its table.
operation_boxes = Table(
    "operation_boxes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("operation_id", ForeignKey("operations.id"), nullable=False),
    Column("is_new", Boolean, nullable=False),
    Column("box_id", Integer, nullable=False),
    Column("image_id", Integer, nullable=False),
    Column("class_id", Integer, nullable=False),
    *_box_columns(),
    Column("origin", String(16)),
    Column("run_id", Integer),
    Column("score", Float),
    Column("threshold", Float),
    Column("quality_50", Float),
    Column("quality_70", Float),
    Index(None, "operation_id", "image_id"),
)

HUMAN_TABLES = (
    annotations,
    left_boxes,
    reviews,
    class_edits,
    image_labels,
    notes,
    true_boxes,
    empty_truths,
    splits,
)
