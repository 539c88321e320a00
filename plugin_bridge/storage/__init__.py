"""What people decided, kept for good: one database, SQLite in the home folder or PostgreSQL.

`database` opens it and words its failures, `schema` holds the tables, `migrations` how they came to be.
"""

from plugin_bridge.storage.database import Storage, has_storage, open_storage

__all__ = ["Storage", "has_storage", "open_storage"]
