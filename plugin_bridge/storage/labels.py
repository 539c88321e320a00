"""The tables of labels and judgments: histories to which rows are only ever added, and what is in force by them.

A history's row is one thing that somebody said: a label, taking one back (`undo`, it names the row in `undoes`), or the
settling of a conflict. The tables named `..._standing` and `label_settled` are sums of the histories, written in the
same transaction, so that a million labels can be counted and asked for quickly.
"""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from plugin_bridge.storage.schema import metadata

# A pair's `left` is the lesser of its two ids. `key` is made by the client: a repeat is known by it.
label_events = Table(
    "label_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("left", Text, nullable=False),
    Column("right", Text, nullable=False),
    Column("label", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("said", String(40)),
    Column("source", String(16), nullable=False),
    Column("undoes", Integer, ForeignKey("label_events.id")),
    Index("label_events_by_key", "alias", "key", unique=True),
    Index("label_events_by_pair", "alias", "left", "right"),
    Index("label_events_by_undone", "undoes"),
)

# The last label of each annotator for a pair that was not taken back.
label_standing = Table(
    "label_standing",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("left", Text, primary_key=True),
    Column("right", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("label", String(16), nullable=False),
    Column("event", Integer, ForeignKey("label_events.id"), nullable=False),
    Column("at", String(32), nullable=False),
    Index("label_standing_by_event", "alias", "event"),
)

# Where annotators disagreed and somebody decided: it holds until a later label says otherwise.
label_settled = Table(
    "label_settled",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("left", Text, primary_key=True),
    Column("right", Text, primary_key=True),
    Column("label", String(16), nullable=False),
    Column("event", Integer, ForeignKey("label_events.id"), nullable=False),
)

# How much the labels teach, computed now and then: `through` is the last event that it saw.
label_curves = Table(
    "label_curves",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("through", Integer, nullable=False),
    Column("at", String(32), nullable=False),
    Column("found", JSON, nullable=False),
    Index("label_curves_by_alias", "alias", "id"),
)

judgment_events = Table(
    "judgment_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("key", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("query", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("said", String(40)),
    Column("source", String(16), nullable=False),
    Column("undoes", Integer, ForeignKey("judgment_events.id")),
    Index("judgment_events_by_key", "alias", "key", unique=True),
    Index("judgment_events_by_query", "alias", "query", "product"),
    Index("judgment_events_by_undone", "undoes"),
)

judgment_standing = Table(
    "judgment_standing",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("query", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("by", Text, primary_key=True),
    Column("rating", Integer, nullable=False),
    Column("event", Integer, ForeignKey("judgment_events.id"), nullable=False),
    Column("at", String(32), nullable=False),
)
