"""True boxes, splits, and operations in parts: what imports bring."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "true_boxes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("image_id", sa.Integer, nullable=False),
        sa.Column("class_id", sa.Integer, nullable=False),
        *[sa.Column(name, sa.Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_true_boxes")),
        sa.CheckConstraint("xmin < xmax AND ymin < ymax", name=op.f("ck_true_boxes_extent")),
        _reference("true_boxes", "image_id", "images"),
        _reference("true_boxes", "class_id", "classes"),
    )
    op.create_index(op.f("ix_true_boxes_image_id"), "true_boxes", ["image_id"])
    op.create_table(
        "splits",
        sa.Column("image_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("split", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_splits")),
        _reference("splits", "image_id", "images"),
    )
    op.create_table(
        "operation_parts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("operation_id", sa.Integer, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_parts")),
        _reference("operation_parts", "operation_id", "operations"),
    )
    op.create_index(op.f("ix_operation_parts_operation_id"), "operation_parts", ["operation_id"])


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
