"""Prepares the first pairs to label while a bridge has nothing else to do, so that nobody waits for them later.

Shoppers come first: what tells whether they are there is the processor time that the bridge itself has used.
"""

import logging
import threading
import time
from collections.abc import Callable

from opensearch.errors import OpenSearchError
from plugin_bridge.errors import BridgeError

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
LONGEST_SECONDS = 60.0
BUSY = 0.1  # of one core: a bridge that answers nobody uses a hundredth


class Warmer:
    """Calls `prepare` once, when this process has been idle for a moment.

    Where it fails it is tried again, ever more rarely: a bridge may be there before its OpenSearch.
    """

    def __init__(self, prepare: Callable[[], object], seconds: float = LOOK_SECONDS) -> None:
        self._prepare, self._seconds = prepare, seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warm-labels", daemon=True)

    def start(self) -> None:
        """Start to wait for an idle moment."""
        self._thread.start()

    def close(self) -> None:
        """Stop waiting."""
        self._stopped.set()

    def _run(self) -> None:
        pause = self._seconds
        while True:
            used, since = time.process_time(), time.monotonic()
            if self._stopped.wait(pause):
                return
            if time.process_time() - used >= BUSY * (time.monotonic() - since):
                continue
            try:
                self._prepare()
                return
            except (BridgeError, OpenSearchError) as error:
                log.debug("no pairs to label are prepared: %s", error)
                pause = min(2 * pause, LONGEST_SECONDS)
