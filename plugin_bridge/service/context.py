"""What the service works with: one object that is made at the start and closed at the end."""

from dataclasses import dataclass

from encoders.store import ModelStore
from opensearch.client import Cluster, connect
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.fallbacks import FallbackLedger
from plugin_bridge.query_vectors import QueryVectors
from plugin_bridge.registry import Refresher, Registry, Snapshot
from plugin_bridge.search import Searcher
from plugin_bridge.service.metrics import Metrics
from plugin_bridge.settings import Settings
from plugin_bridge.tokens import TokenStore


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

    def close(self) -> None:
        """Stop threads and close connections."""
        self.refresher.stop()
        self.vectors.close()
        self.cluster.close()


def open_context(settings: Settings, cluster: Cluster | None = None) -> Context:
    """Return the parts of a bridge, nothing started yet; raises ClusterUnreachableError where no cluster is named."""
    cluster = cluster or connect()
    registry = Registry(cluster, EncoderPool(ModelStore(settings.models_dir), settings.threads))
    vectors = QueryVectors(
        size=settings.query_cache, workers=settings.encode_workers, max_chars=settings.max_encode_chars
    )
    ledger = FallbackLedger(settings.home)

    def forget(snapshot: Snapshot) -> None:
        vectors.forget({known.generation.text.fingerprint for known in snapshot.by_index.values()})
        ledger.keep_only(snapshot.by_index)

    registry.on_change(forget)
    tokens = TokenStore(settings.home)
    tokens.ensure()
    return Context(
        settings=settings,
        cluster=cluster,
        registry=registry,
        refresher=Refresher(registry, settings.refresh_seconds),
        vectors=vectors,
        searcher=Searcher(registry, vectors, settings),
        tokens=tokens,
        ledger=ledger,
        metrics=Metrics(registry, vectors, ledger),
    )
