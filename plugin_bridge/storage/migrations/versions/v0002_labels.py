"""Labels of pairs and judgments of queries: histories, what is in force by them, and learning curves."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _labels()
    _judgments()


def _labels() -> None:
    op.create_table(
        "label_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("left", sa.Text, nullable=False),
        sa.Column("right", sa.Text, nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("said", sa.String(40)),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("label_events.id")),
    )
    op.create_index("label_events_by_key", "label_events", ["alias", "key"], unique=True)
    op.create_index("label_events_by_pair", "label_events", ["alias", "left", "right"])
    op.create_index("label_events_by_undone", "label_events", ["undoes"])
    op.create_table(
        "label_standing",
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("left", sa.Text, primary_key=True),
        sa.Column("right", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, primary_key=True),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("event", sa.Integer, sa.ForeignKey("label_events.id"), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("label_standing_by_event", "label_standing", ["alias", "event"])
    op.create_table(
        "label_settled",
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("left", sa.Text, primary_key=True),
        sa.Column("right", sa.Text, primary_key=True),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("event", sa.Integer, sa.ForeignKey("label_events.id"), nullable=False),
    )
    op.create_table(
        "label_curves",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("through", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("found", sa.JSON, nullable=False),
    )
    op.create_index("label_curves_by_alias", "label_curves", ["alias", "id"])


def _judgments() -> None:
    op.create_table(
        "judgment_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("said", sa.String(40)),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("judgment_events.id")),
    )
    op.create_index("judgment_events_by_key", "judgment_events", ["alias", "key"], unique=True)
    op.create_index("judgment_events_by_query", "judgment_events", ["alias", "query", "product"])
    op.create_index("judgment_events_by_undone", "judgment_events", ["undoes"])
    op.create_table(
        "judgment_standing",
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("query", sa.Text, primary_key=True),
        sa.Column("product", sa.Text, primary_key=True),
        sa.Column("by", sa.Text, primary_key=True),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("event", sa.Integer, sa.ForeignKey("judgment_events.id"), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
