"""Run by alembic; ``engine.store.upgrade`` hands over the connection and owns the transaction."""

from __future__ import annotations

from alembic import context

from engine.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite rebuilds a table to change it
    compare_type=True,
)
context.run_migrations()
