"""Merchandising rules."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of rules and of their history."""
    op.create_table(
        "rules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("said", sa.JSON),
        sa.Column("event", sa.Integer),
    )
    op.create_index("rules_by_alias", "rules", ["alias"])
    op.create_table(
        "rule_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("rule", sa.Integer, sa.ForeignKey("rules.id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("undoes", sa.Integer, sa.ForeignKey("rule_events.id")),
    )
    op.create_index("rule_events_by_key", "rule_events", ["alias", "key"], unique=True)
    op.create_index("rule_events_by_rule", "rule_events", ["rule"])
