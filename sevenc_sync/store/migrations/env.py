"""Alembic's entry point: it runs on the connection that `migrate` hands it."""

from alembic import context

from sevenc_sync.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
with context.begin_transaction():
    context.run_migrations()
