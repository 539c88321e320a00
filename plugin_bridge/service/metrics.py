"""What the bridge counts, in the format of Prometheus."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from opensearch import dropin
from opensearch.errors import OpenSearchError
from plugin_bridge.fallbacks import FallbackLedger
from plugin_bridge.registry import Registry
from plugin_bridge.searching.query_vectors import QueryVectors

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


disable_created_metrics()  # a second series beside each counter, which nobody asked for


class Metrics:
    """Counters and histograms of one bridge. `labels(...)` of the first two are kept by their users."""

    def __init__(self, registry: Registry, vectors: QueryVectors, ledger: FallbackLedger) -> None:
        self._registry = CollectorRegistry()
        self.rewrites = Counter(
            "kindred_rewrites",
            "Requests that OpenSearch handed over, by what became of them",
            ("generation", "reason"),
            registry=self._registry,
        )
        self.rewrite_seconds = Histogram(
            "kindred_rewrite_seconds",
            "Time from a request's arrival to its rewritten body",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.requests = Counter(
            "kindred_http_requests",
            "Requests answered, by endpoint and status",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "kindred_http_request_seconds",
            "Time to answer a request, by endpoint",
            ("endpoint",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.degraded = Counter(
            "kindred_degraded_searches",
            "Searches of the bridge answered by keywords alone",
            registry=self._registry,
        )
        self._registry.register(_Collected(registry, vectors, ledger))

    def text(self) -> bytes:
        """Return all metrics as Prometheus reads them; asks the cluster for its pipelines' counts."""
        return generate_latest(self._registry)


class _Collected:
    """Figures that are looked up when they are asked for."""

    def __init__(self, registry: Registry, vectors: QueryVectors, ledger: FallbackLedger) -> None:
        self._registry = registry
        self._vectors = vectors
        self._ledger = ledger

    def describe(self) -> list[Metric]:
        """Nothing is promised beforehand: the cluster may not answer."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        counts = self._vectors.counts()
        hits = CounterMetricFamily("kindred_query_cache_hits", "Query vectors that were at hand", value=counts.hits)
        misses = CounterMetricFamily(
            "kindred_query_cache_misses", "Query vectors that had to be made", value=counts.misses
        )
        size = GaugeMetricFamily("kindred_query_cache_size", "Query vectors kept now", value=counts.size)
        loaded = GaugeMetricFamily(
            "kindred_encoder_loaded", "Encoders that are open, by model", labels=("model", "fingerprint")
        )
        for card in self._registry.pool.cards():
            loaded.add_metric((card.name, card.fingerprint), 1)
        yield from (hits, misses, size, loaded)
        yield from self._passages()

    def _passages(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("kindred_cluster_up", "Whether OpenSearch answered when these figures were made")
        try:
            passages = self._ledger.passages(dropin.pipeline_counts(self._registry.cluster))
        except OpenSearchError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        requests = CounterMetricFamily(
            "kindred_pipeline_requests", "Requests that entered a drop-in pipeline", labels=("generation",)
        )
        served = CounterMetricFamily(
            "kindred_rewrites_served", "Requests that the bridge answered in time", labels=("generation",)
        )
        fallbacks = GaugeMetricFamily(
            "kindred_fallbacks",
            "Requests that OpenSearch answered without the bridge: pipeline requests less rewrites served",
            labels=("generation",),
        )
        for index, passage in passages.items():
            requests.add_metric((index,), passage.requests)
            served.add_metric((index,), passage.served)
            fallbacks.add_metric((index,), passage.fallbacks)
        yield from (up, requests, served, fallbacks)
