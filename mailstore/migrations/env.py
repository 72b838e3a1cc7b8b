"""How a step runs: on the connection, in the transaction and under the lock of `mailstore.upgrade`."""

from alembic import context

from mailstore.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table: a step copies it
)
with context.begin_transaction():
    context.run_migrations()
