"""What people decided, kept for good: one database, SQLite in the home folder or PostgreSQL.

`database` opens it and words its failures, `late` opens it for a bridge when it is first needed, `schema` holds the
tables (`labels` those of labels and judgments, `jobs` those of jobs and releases,
`rules` those of merchandising rules), `migrations` how they came to be.
"""

from plugin_bridge.storage import jobs as jobs  # the tables of each join the metadata
from plugin_bridge.storage import labels as labels
from plugin_bridge.storage import rules as rules
from plugin_bridge.storage.database import Storage, has_storage, open_storage
from plugin_bridge.storage.late import LateStorage

__all__ = ["LateStorage", "Storage", "has_storage", "open_storage"]
