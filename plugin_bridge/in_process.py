"""The bridge's functions without a bridge: what the command line opens for one command."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from encoders.store import ModelStore
from opensearch.client import Cluster, connect
from plugin_bridge.behaviour.recommending import Recommender
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.errors import StorageError
from plugin_bridge.registry import Registry
from plugin_bridge.rules.book import RuleBook
from plugin_bridge.searching.query_vectors import QueryVectors
from plugin_bridge.searching.searcher import Searcher
from plugin_bridge.settings import Settings

log = logging.getLogger(__name__)

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
        yield Searcher(registry, vectors, patient, lambda alias: _rules(patient, alias))
    finally:
        vectors.close()
        if own:
            cluster.close()


@contextmanager
def open_recommender(settings: Settings | None = None, cluster: Cluster | None = None) -> Iterator[Recommender]:
    """Yield what recommends over the configured cluster."""
    settings = settings or Settings()
    patient = settings.model_copy(update={"search_deadline_ms": max(_PATIENT_MS, settings.search_deadline_ms)})
    own = cluster is None
    cluster = cluster or connect()
    store = ModelStore(patient.models_dir)
    registry = Registry(cluster, EncoderPool(store, patient.threads), open_encoders=False)
    recommender = Recommender(registry, store, patient, lambda alias: _rules(patient, alias))
    try:
        yield recommender
    finally:
        recommender.close()
        if own:
            cluster.close()


def _rules(settings: Settings, alias: str) -> RuleBook | None:
    """Return the rules of an alias as they are now, None where there is no database."""
    from plugin_bridge.storage import has_storage  # what needs no rules need not wait for these imports

    if not has_storage(settings):
        return None
    from plugin_bridge.rules.ledger import RuleLedger
    from plugin_bridge.storage import open_storage

    try:
        storage = open_storage(settings)
        try:
            return RuleBook(RuleLedger(storage, alias).rules()) or None
        finally:
            storage.close()
    except StorageError as error:
        log.warning("searching without merchandising rules: %s", error)
        return None
