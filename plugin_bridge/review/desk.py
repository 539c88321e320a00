"""Reviewing in a running bridge: the database opened when it is needed, writes repaired, suggestions made in a job."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from opensearch import generations
from opensearch.client import Cluster
from opensearch.errors import OpenSearchError
from opensearch.generations import Generation
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.errors import BridgeError
from plugin_bridge.jobs import Job, Jobs, JobState
from plugin_bridge.loading.publish import count
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.encoding import encoding
from plugin_bridge.review.ledger import waiting_aliases
from plugin_bridge.review.making import make
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage
from plugin_bridge.tagging.engine import Engine

log = logging.getLogger(__name__)

REPAIR_SECONDS = 15.0
OpenEngine = Callable[[str | None, Generation], Engine]
"""Opens a tagger by name for a generation; None means the shop's usual one."""


class ReviewDesk:
    """What the bridge reviews with. Nothing is opened before it is used: searching needs no database."""

    def __init__(
        self, settings: Settings, storage: LateStorage, cluster: Cluster, pool: EncoderPool, open_engine: OpenEngine
    ) -> None:
        self._settings, self._storage, self._cluster, self._open_engine = settings, storage, cluster, open_engine
        self._documents = Documents(cluster, encoding(pool.text))
        self.jobs = Jobs()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_repairing, name="review-repair", daemon=True)

    def start(self) -> None:
        """Start repairing: what an earlier process recorded and did not write is written, now and later."""
        self._thread.start()

    def reviewer(self, alias: str | None = None) -> Reviewer:
        """Return the reviewer of an alias; raises StorageError where the database cannot be opened."""
        return Reviewer(self._storage.open(), alias or self._settings.alias, self._documents)

    def make(self, by: str, ids: Sequence[str] | None, model: str | None, alias: str | None) -> JobState:
        """Start a job that makes suggestions for products, or for all."""
        reviewer = self.reviewer(alias)
        generation = reviewer.live()
        total = len(ids) if ids is not None else count(self._cluster, generation.index)

        def work(job: Job) -> Any:
            engine = self._open_engine(model, generation)
            halted = job.stopped.is_set
            made = make(engine, self._cluster, generation, reviewer.ledger, ids, progress=job.advance, stopped=halted)
            return asdict(made)

        return self.jobs.start("suggestions", by, work, total)

    def close(self) -> None:
        """Stop jobs and repairs."""
        self._stopped.set()
        self.jobs.close()

    def _keep_repairing(self) -> None:
        while True:
            try:
                self._repair()
            except (BridgeError, OpenSearchError) as error:
                log.warning("decisions that are not in the index yet wait on: %s", error)
            if self._stopped.wait(REPAIR_SECONDS):
                return

    def _repair(self) -> None:
        if not self._storage.exists():
            return
        for alias in waiting_aliases(self._storage.open()):
            if generations.live_indices(self._cluster, alias):
                written = self.reviewer(alias).repair()
                log.info("%s decisions about %s were brought into the index", written, alias)
