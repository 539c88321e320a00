"""The canaries in a bridge's memory: a rewrite asks for them without waiting for anything.

A thread looks for what other bridges and commands have set; what this bridge sets is seen at once. Where the database
cannot be read, what was read last holds.
"""

import logging
import threading
from collections.abc import Mapping

from plugin_bridge.releases.canary import Canaries, Canary
from plugin_bridge.storage import LateStorage

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0


class CanaryKeeper:
    """Holds the canaries of all shops. Safe to share between threads."""

    def __init__(self, storage: LateStorage, seconds: float = POLL_SECONDS) -> None:
        self._storage, self._seconds = storage, seconds
        self._canaries: Mapping[str, Canary] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="canaries", daemon=True)
        self._problem: str | None = None

    def of(self, alias: str) -> Canary | None:
        """Return a shop's canary, None where it has none."""
        return self._canaries.get(alias)

    def start(self) -> None:
        """Start to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def refresh(self) -> None:
        """Read the canaries now; raises StorageError."""
        if self._storage.exists():
            self._canaries = Canaries(self._storage.open()).all()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.refresh()
                self._problem = None
            except Exception as error:  # noqa: BLE001 - shoppers are answered without it
                if self._problem != str(error):
                    log.warning("the canaries cannot be read, those of before hold: %s", error)
                self._problem = str(error)
            self._stopped.wait(self._seconds)
