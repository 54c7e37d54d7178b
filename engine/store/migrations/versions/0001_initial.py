"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_project()
    _create_images()
    _create_runs()
    _create_score_maps()
    _create_proposals()
    _create_human_tables()
    _create_operations()


def _create_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("image_root", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )


def _create_images() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classes")),
        sa.UniqueConstraint("name", name=op.f("uq_classes_name")),
    )
    op.create_table(
        "images",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("class_id", sa.Integer),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("digest", sa.String),
        sa.Column("problem", sa.String),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("path", name=op.f("uq_images_path")),
        _reference("images", "class_id", "classes"),
    )
    op.create_index(op.f("ix_images_class_id"), "images", ["class_id"])


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("parent_id", sa.Integer),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("folder", sa.String),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("error", sa.String),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        _reference("runs", "parent_id", "runs"),
    )
    op.create_table(
        "metrics",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("step", sa.Float, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.Float),
        sa.PrimaryKeyConstraint("run_id", "step", "name", name=op.f("pk_metrics")),
        _reference("metrics", "run_id", "runs"),
    )


def _create_score_maps() -> None:
    op.create_table(
        "score_maps",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("map_values", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "image_id", "class_id", name=op.f("pk_score_maps")),
        _reference("score_maps", "run_id", "runs"),
        _reference("score_maps", "image_id", "images"),
        _reference("score_maps", "class_id", "classes"),
    )
    op.create_table(
        "predictions",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "image_id", name=op.f("pk_predictions")),
        _reference("predictions", "run_id", "runs"),
        _reference("predictions", "image_id", "images"),
        _reference("predictions", "class_id", "classes"),
    )


def _create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        *_box_columns(),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        _box_check("proposals"),
        _reference("proposals", "run_id", "runs"),
        _reference("proposals", "image_id", "images"),
        _reference("proposals", "class_id", "classes"),
    )
    op.create_index(op.f("ix_proposals_run_id"), "proposals", ["run_id"])
    op.create_index(op.f("ix_proposals_image_id_score"), "proposals", ["image_id", "score"])


def _create_human_tables() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        *_box_columns(),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("run_id", sa.Integer),
        sa.Column("score", sa.Float),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
        _box_check("annotations"),
        _reference("annotations", "image_id", "images"),
        _reference("annotations", "class_id", "classes"),
        _reference("annotations", "run_id", "runs"),
    )
    op.create_index(op.f("ix_annotations_image_id"), "annotations", ["image_id"])
    op.create_table(
        "reviews",
        sa.Column("image_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seconds", sa.Float),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_reviews")),
        _reference("reviews", "image_id", "images"),
    )


def _create_operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
    )
    op.create_index(op.f("ix_operations_undone_id"), "operations", ["undone", "id"])


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _box_columns() -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")]


def _box_check(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("xmin < xmax AND ymin < ymax", name=op.f(f"ck_{table}_extent"))
