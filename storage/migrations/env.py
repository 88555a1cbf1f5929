"""Run by Alembic; the connection comes from `storage.migrate`."""

from alembic import context

from storage.migrate import is_ours
from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    compare_type=True,
    include_object=lambda _object, name, *_: is_ours(name),
)
with context.begin_transaction():
    context.run_migrations()
