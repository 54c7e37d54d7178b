"""The place of a score map's class among all classes, for Top-5 Loc."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("score_maps", sa.Column("class_rank", sa.Integer))
