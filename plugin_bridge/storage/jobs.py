"""The tables of jobs, releases and canaries. Times are ISO 8601 in UTC with microseconds, as everywhere here."""

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table, Text

from plugin_bridge.storage.schema import metadata

# Work of child processes. What a child tells while it runs stands in the files of its folder, not here.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("host", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("queued", String(32), nullable=False),
    Column("started", String(32)),
    Column("ended", String(32)),
    Column("cancelled_by", Text),
    Column("pid", Integer),
    Column("born", Float),
    Column("result", JSON(none_as_null=True)),
    Column("problem", Text),
    Index("jobs_by_state", "host", "state"),
)

# Each attempt to bring a model live. `steps` are those that were done, so that a repeat knows where to go on.
releases = Table(
    "releases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text),
    Column("state", String(16), nullable=False),
    Column("verdict", String(16)),
    Column("begun", String(32), nullable=False),
    Column("ended", String(32)),
    Column("problem", Text),
    Column("steps", JSON, nullable=False),
    Column("found", JSON(none_as_null=True)),
    Index("releases_by_alias", "alias", "state"),
)

# The share of a storefront's requests that a candidate ranks; one row an alias.
canaries = Table(
    "canaries",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(32), nullable=False),
)
