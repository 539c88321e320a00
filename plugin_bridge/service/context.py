"""What the service works with: one object that is made at the start and closed at the end."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from encoders.store import ModelStore
from opensearch import dropin
from opensearch.client import Cluster, connect
from opensearch.errors import OpenSearchError
from plugin_bridge.behaviour.recommending import Recommender
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.fallbacks import FallbackLedger
from plugin_bridge.jobs.commands import Commands
from plugin_bridge.jobs.desk import JobDesk
from plugin_bridge.labels.desk import LabelDesk
from plugin_bridge.registry import Refresher, Registry, Snapshot
from plugin_bridge.releases.keeper import CanaryKeeper
from plugin_bridge.review.desk import ReviewDesk
from plugin_bridge.review.taggers import taggers
from plugin_bridge.rules.keeper import RuleKeeper
from plugin_bridge.searching.query_vectors import QueryVectors
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.service.metrics import Metrics
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage
from plugin_bridge.tokens import TokenStore

log = logging.getLogger(__name__)

_THREADS = 16  # searches that wait for OpenSearch at the same time, where they cannot go the short way
_ACTIVATIONS = 3
_ACTIVATION_PAUSE = 0.5


@dataclass(frozen=True)
class Context:
    """The parts of a running bridge."""

    settings: Settings
    cluster: Cluster
    registry: Registry
    refresher: Refresher
    vectors: QueryVectors
    searcher: Searcher
    tokens: TokenStore
    ledger: FallbackLedger
    metrics: Metrics
    threads: ThreadPoolExecutor
    storage: LateStorage
    desk: ReviewDesk
    jobs: JobDesk
    canaries: CanaryKeeper
    labels: LabelDesk
    rules: RuleKeeper
    recommender: Recommender

    def close(self) -> None:
        """Stop threads and close connections."""
        self.refresher.stop()
        self.desk.close()
        self.jobs.close()
        self.canaries.close()
        self.labels.close()
        self.rules.stop()
        self.recommender.close()
        self.storage.close()
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.vectors.close()
        self.cluster.close()


def open_context(settings: Settings, commands: Commands, cluster: Cluster | None = None) -> Context:
    """Return the parts of a bridge, nothing started yet; raises ClusterUnreachableError where no cluster is named."""
    cluster = cluster or connect()
    store = ModelStore(settings.models_dir)
    pool = EncoderPool(store, settings.threads)
    registry = Registry(cluster, pool)
    vectors = QueryVectors(
        size=settings.query_cache, workers=settings.encode_workers, max_chars=settings.max_encode_chars
    )
    ledger = FallbackLedger(settings.home)

    def forget(snapshot: Snapshot) -> None:
        vectors.forget({known.generation.text.fingerprint for known in snapshot.by_index.values()})
        ledger.keep_only(snapshot.by_index)

    def first(snapshot: Snapshot) -> None:
        # The server starts to answer at this very moment, so the cluster may have to try twice.
        for _ in range(_ACTIVATIONS):
            if activate(cluster, snapshot, settings.alias):
                return
            time.sleep(_ACTIVATION_PAUSE)

    registry.on_change(forget)
    tokens = TokenStore(settings.home)
    tokens.ensure()
    storage = LateStorage(settings)
    rules = RuleKeeper(storage)
    return Context(
        settings=settings,
        cluster=cluster,
        registry=registry,
        refresher=Refresher(registry, settings.refresh_seconds, first),
        vectors=vectors,
        searcher=Searcher(registry, vectors, settings, rules.book),
        tokens=tokens,
        ledger=ledger,
        metrics=Metrics(registry, vectors, ledger),
        threads=ThreadPoolExecutor(_THREADS, thread_name_prefix="search"),
        storage=storage,
        desk=ReviewDesk(settings, storage, cluster, pool, taggers(cluster, store, settings)),
        jobs=JobDesk(settings, storage, cluster, store, commands),
        canaries=CanaryKeeper(storage),
        labels=LabelDesk(settings, storage, cluster),
        rules=rules,
        recommender=Recommender(registry, store, settings, rules.book),
    )


def activate(cluster: Cluster, snapshot: Snapshot, alias: str) -> bool:
    """Activate the drop-ins of an alias that were installed while no bridge was there; False where one stays off."""
    complete = True
    for known in snapshot.of(alias):
        try:
            found = dropin.activate(cluster, known.generation)
        except OpenSearchError as error:
            log.warning("the drop-in of %s cannot be looked at: %s", known.generation.index, error)
            continue
        if found is not None and not found.active:
            log.warning("the drop-in of %s is not active: %s", known.generation.index, found.reason)
            complete = False
    return complete
