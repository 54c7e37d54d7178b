"""Images known to hold no true box, and what undo needs of an operation on very many boxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "empty_truths",
        sa.Column("image_id", sa.Integer, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_empty_truths")),
        _reference("empty_truths", "image_id", "images"),
    )
    op.create_table(
        "operation_boxes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("operation_id", sa.Integer, nullable=False),
        sa.Column("is_new", sa.Boolean, nullable=False),
        *[
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("box_id", "image_id", "class_id")
        ],
        *[sa.Column(name, sa.Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")],
        sa.Column("origin", sa.String(16)),
        sa.Column("run_id", sa.Integer),
        *[sa.Column(name, sa.Float) for name in ("score", "threshold", "quality_50", "quality_70")],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_boxes")),
        _reference("operation_boxes", "operation_id", "operations"),
    )
    columns = ["operation_id", "image_id"]
    op.create_index(op.f("ix_operation_boxes_operation_id_image_id"), "operation_boxes", columns)


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
