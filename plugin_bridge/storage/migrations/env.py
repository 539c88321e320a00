"""What alembic runs: the steps that lack, inside the transaction that `database` holds open."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
