"""Boxes that a person has left undecided beside decided ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "left_boxes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")),
        sa.Column("run_id", sa.Integer),
        sa.Column("score", sa.Float),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.CheckConstraint("xmin < xmax AND ymin < ymax", name=op.f("ck_left_boxes_extent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_left_boxes")),
        _reference("image_id", "images"),
        _reference("class_id", "classes"),
        _reference("run_id", "runs"),
    )
    op.create_index(op.f("ix_left_boxes_image_id"), "left_boxes", ["image_id"])


def _reference(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_left_boxes_{column}"))
