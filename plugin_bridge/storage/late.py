"""The database of a running bridge: opened when it is first needed, shared by all its parts."""

import threading

from plugin_bridge.settings import Settings
from plugin_bridge.storage.database import Storage, has_storage, open_storage


class LateStorage:
    """Opens the database at first use: searching needs none. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._storage: Storage | None = None

    def exists(self) -> bool:
        """Return whether there is a database already, without making one."""
        return has_storage(self._settings)

    def open(self) -> Storage:
        """Return the database, its tables in place; raises StorageError."""
        with self._lock:
            if self._storage is None:
                self._storage = open_storage(self._settings)
            return self._storage

    def close(self) -> None:
        """Close the connections that are kept open."""
        with self._lock:
            if self._storage is not None:
                self._storage.close()
