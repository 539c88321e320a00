"""The rules in a bridge's memory: a rewrite asks for them without waiting for anything.

A thread looks for changes that other bridges and commands made; a change through this bridge is seen at once. Where
the database cannot be read, the rules that were read last stay in force.
"""

import logging
import threading
from collections.abc import Mapping

from plugin_bridge.errors import StorageError
from plugin_bridge.rules.book import RuleBook
from plugin_bridge.rules.ledger import standing_rules, state_of
from plugin_bridge.storage import LateStorage

log = logging.getLogger(__name__)

POLL_SECONDS = 2.0
_FIRST_SECONDS = 5.0  # the first rules are waited for so long: a hidden product shall not be shown meanwhile


class RuleKeeper:
    """Holds the rules of all shops. Safe to share between threads."""

    def __init__(self, storage: LateStorage, seconds: float = POLL_SECONDS) -> None:
        self._storage = storage
        self._seconds = seconds
        self._books: Mapping[str, RuleBook] = {}
        self._seen = (0, 0)
        self._lock = threading.Lock()
        self._nudged, self._looked = threading.Event(), threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="rules", daemon=True)
        self.problem: str | None = None

    def book(self, alias: str) -> RuleBook | None:
        """Return a shop's rules, None where it has none."""
        return self._books.get(alias)

    def start(self) -> None:
        """Start to look; returns when the rules were read once, or soon after where that takes long."""
        self._thread.start()
        self._looked.wait(_FIRST_SECONDS)

    def stop(self) -> None:
        """Stop, and wait for a look that is under way."""
        self._stopped = True
        self._nudged.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def refresh(self) -> None:
        """Read the rules now if they have changed; raises StorageError."""
        with self._lock:
            if not self._storage.exists():
                return
            storage = self._storage.open()
            newest = state_of(storage)
            if newest != self._seen:
                self._books = {alias: RuleBook(rules) for alias, rules in standing_rules(storage).items()}
                self._seen = newest

    def _run(self) -> None:
        while not self._stopped:
            try:
                self.refresh()
                self.problem = None
            except StorageError as error:
                if self.problem != str(error):
                    log.warning("the rules cannot be read, those of before stay in force: %s", error)
                self.problem = str(error)
            except Exception as error:
                log.exception("reading the rules failed, those of before stay in force")
                self.problem = f"reading the rules failed: {error}"
            self._looked.set()
            self._nudged.wait(self._seconds)
            self._nudged.clear()
