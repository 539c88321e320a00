"""The tables of merchandising rules: what holds now, and the history that made it so."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from plugin_bridge.storage.schema import metadata

# `said` is the sum of a rule's history, None where it was removed; `event` is the last entry.
rules = Table(
    "rules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("said", JSON(none_as_null=True)),
    Column("event", Integer),
    Index("rules_by_alias", "alias"),
)

# Rows are only ever added: taking a change back is a further row that names it in `undoes`. The client makes `key`.
rule_events = Table(
    "rule_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("rule", Integer, ForeignKey("rules.id"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("undoes", Integer, ForeignKey("rule_events.id")),
    Index("rule_events_by_key", "alias", "key", unique=True),
    Index("rule_events_by_rule", "rule"),
)
