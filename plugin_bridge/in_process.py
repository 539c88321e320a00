"""The bridge's functions without a bridge: what the command line opens for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from encoders.store import ModelStore
from opensearch.client import Cluster, connect
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.registry import Registry
from plugin_bridge.searching.query_vectors import QueryVectors
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.settings import Settings

_PATIENT_MS = 60_000  # a command opens its encoder first; nobody is kept waiting but the person who typed it


@contextmanager
def open_searcher(settings: Settings | None = None, cluster: Cluster | None = None) -> Iterator[Searcher]:
    """Yield a searcher over the configured cluster; encoders are opened when a search first needs them."""
    settings = settings or Settings()
    patient = settings.model_copy(update={"search_deadline_ms": max(_PATIENT_MS, settings.search_deadline_ms)})
    own = cluster is None
    cluster = cluster or connect()
    vectors = QueryVectors(size=patient.query_cache, workers=1, max_chars=patient.max_encode_chars)
    try:
        registry = Registry(cluster, EncoderPool(ModelStore(patient.models_dir), patient.threads), open_encoders=False)
        yield Searcher(registry, vectors, patient)
    finally:
        vectors.close()
        if own:
            cluster.close()
