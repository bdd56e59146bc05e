"""What Alembic runs: the revisions, on the connection that `migrations.upgrade` hands over. There is no alembic.ini."""

from alembic import context

from billhook.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a column only by copying the table; Alembic's batch operations do that.
    render_as_batch=True,
)
# No context.begin_transaction(): the caller's transaction holds all branches, so that an upgrade is whole or not done.
context.run_migrations()
