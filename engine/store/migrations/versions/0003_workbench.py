"""Class edits, given image labels, notes, measures, random draws, and the quality of proposals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("proposals", sa.Column("quality_50", sa.Float))
    op.add_column("proposals", sa.Column("quality_70", sa.Float))
    _machine_tables()
    _human_tables()


def _machine_tables() -> None:
    op.create_table(
        "measures",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.Float),
        sa.PrimaryKeyConstraint("run_id", "image_id", "name", name=op.f("pk_measures")),
        _reference("measures", "run_id", "runs"),
        _reference("measures", "image_id", "images"),
    )
    op.create_table(
        "draws",
        sa.Column("image_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_draws")),
        _reference("draws", "image_id", "images"),
    )


def _human_tables() -> None:
    op.create_table(
        "class_edits",
        sa.Column("class_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String),
        sa.Column("color", sa.String(9)),
        sa.Column("key", sa.String(1)),
        sa.Column("merged_into", sa.Integer),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pk_class_edits")),
        _reference("class_edits", "class_id", "classes"),
        _reference("class_edits", "merged_into", "classes"),
    )
    op.create_table(
        "image_labels",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_labels")),
        _reference("image_labels", "image_id", "images"),
        _reference("image_labels", "class_id", "classes"),
    )
    op.create_index(op.f("ix_image_labels_image_id"), "image_labels", ["image_id"])
    op.create_table(
        "notes",
        sa.Column("image_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("text", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_notes")),
        _reference("notes", "image_id", "images"),
    )


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
