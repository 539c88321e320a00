"""Suggestions, what people decided about them, and the writes to the index that follow."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "suggestions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("base", sa.JSON),
        sa.Column("made", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("closed_by", sa.Integer),
    )
    op.create_index("suggestions_by_product", "suggestions", ["alias", "product", "field"])
    op.create_index("suggestions_by_state", "suggestions", ["alias", "state", "confidence"])
    op.create_table(
        "operations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("operations.id")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("operation", sa.Integer, sa.ForeignKey("operations.id"), nullable=False),
        sa.Column("suggestion", sa.Integer, sa.ForeignKey("suggestions.id"), nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("suggested", sa.Text, nullable=False),
        sa.Column("chosen", sa.Text),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("events.id")),
        sa.Column("mark_before", sa.JSON),
        sa.Column("mark", sa.JSON),
    )
    op.create_index("events_by_product", "events", ["alias", "product"])
    op.create_index("events_by_operation", "events", ["operation"])
    op.create_index("events_by_undone", "events", ["undoes"])
    op.create_index("events_by_suggestion", "events", ["suggestion"])
    op.create_table(
        "intents",
        sa.Column("event", sa.Integer, sa.ForeignKey("events.id"), primary_key=True, autoincrement=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("mark", sa.JSON, nullable=False),
        sa.Column("expects", sa.String(64)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.Text),
    )
    op.create_index("intents_by_state", "intents", ["alias", "state"])
