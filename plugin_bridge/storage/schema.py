"""The tables. A change here needs a step in `migrations/versions`; a test compares the two.

Times are ISO 8601 in UTC with microseconds, so that they sort as text in every database.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

# What models proposed. `state` is the sum of what `events` say of a suggestion, kept here to be searched by.
suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("sure", Boolean, nullable=False),
    Column("model", Text, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("base", JSON(none_as_null=True)),
    Column("made", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("closed_by", Integer),
    Index("suggestions_by_product", "alias", "product", "field"),
    Index("suggestions_by_state", "alias", "state", "confidence"),
)

# One request of one person: a single decision, a bulk one, or taking one back.
operations = Table(
    "operations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("undoes", Integer, ForeignKey("operations.id")),
)

# The history. Rows are only ever added: taking a decision back is a further row that names it in `undoes`.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("operation", Integer, ForeignKey("operations.id"), nullable=False),
    Column("suggestion", Integer, ForeignKey("suggestions.id"), nullable=False),
    Column("alias", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("suggested", Text, nullable=False),
    Column("chosen", Text),
    Column("model", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("reason", Text),
    Column("undoes", Integer, ForeignKey("events.id")),
    Column("mark_before", JSON(none_as_null=True)),
    Column("mark", JSON(none_as_null=True)),
    Index("events_by_undone", "undoes"),
    Index("events_by_product", "alias", "product"),
    Index("events_by_operation", "operation"),
    Index("events_by_suggestion", "suggestion"),
)

# Writes to the index that are wanted: noted before they are made, so that a crash in between loses none.
intents = Table(
    "intents",
    metadata,
    Column("event", Integer, ForeignKey("events.id"), primary_key=True, autoincrement=False),
    Column("alias", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("mark", JSON, nullable=False),
    Column("expects", String(64)),
    Column("state", String(16), nullable=False),
    Column("why", Text),
    Index("intents_by_state", "alias", "state"),
)
