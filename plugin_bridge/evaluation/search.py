"""`kindred evaluate search`: a judged folder, ranked four ways over one temporary generation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Generation
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import JudgedSet
from plugin_bridge.evaluation.metrics import ndcg
from plugin_bridge.evaluation.rankers import Ranker, Ranking, percentiles_ms, rank, rankers
from plugin_bridge.evaluation.statistics import Gain, mean_interval, relative_gain
from plugin_bridge.evaluation.temporary import temporary_generation
from plugin_bridge.loading.load import Hooks

BASELINE, OURS, NATIVE = "bm25", "kindred", "native"
WARM_UP = 5
_IDS_AT_ONCE = 1000
DIGITS = 4


@dataclass(frozen=True)
class Variant:
    """One way to rank: its score for each query id, its times, and `reason` where it cannot be had here."""

    scores: Mapping[str, float]
    times_ms: Mapping[str, float]
    reason: str | None = None

    @property
    def mean(self) -> float:
        """The mean score."""
        return sum(self.scores.values()) / len(self.scores)


@dataclass(frozen=True)
class SearchReport:
    """What was measured. `missing` counts judged products that the catalogue does not hold."""

    judged: JudgedSet
    model: str
    fingerprint: str
    documents: int
    missing: int
    variants: Mapping[str, Variant]

    def gain(self, name: str = OURS, over: str = BASELINE) -> Gain | None:
        """Return the relative gain of one variant's nDCG@10 over another's."""
        ours, base = self.variants[name].scores, self.variants[over].scores
        return relative_gain([ours[query] for query in base], list(base.values()))

    def to_json(self) -> dict[str, Any]:
        """Return the document of the contract."""
        ours = self.variants[OURS]
        return {
            "data": str(self.judged.folder),
            "model": self.model,
            "fingerprint": self.fingerprint,
            "products": self.documents,
            "queries": len(self.judged.queries),
            "judgments": self.judged.judgment_count,
            "queries_without_judgments": self.judged.without_judgments,
            "judgments_without_query": self.judged.without_query,
            "judged_products_missing": self.missing,
            "ndcg@10": round(ours.mean, DIGITS),
            "ci95": _interval(ours),
            "variants": {name: self._variant(name) for name in self.variants},
        }

    def _variant(self, name: str) -> dict[str, Any]:
        variant = self.variants[name]
        if variant.reason is not None:
            return {"ndcg@10": None, "reason": variant.reason}
        found: dict[str, Any] = {"ndcg@10": round(variant.mean, DIGITS), "ci95": _interval(variant)}
        if name != BASELINE:
            gain = self.gain(name)
            found["gain_over_bm25"] = None if gain is None else round(gain.value, DIGITS)
            found["gain_ci95"] = None if gain is None else [round(gain.low, DIGITS), round(gain.high, DIGITS)]
        return {**found, **variant.times_ms}


def evaluate_search(
    judged: JudgedSet,
    cluster: Cluster,
    store: ModelStore,
    *,
    model: str,
    threads: int = 0,
    hooks: Hooks | None = None,
    asked: Callable[[int], None] = lambda queries: None,
) -> SearchReport:
    """Load the folder's products with `model`, rank every judged query four ways, and score the rankings.

    The generation is this evaluation's own and is gone afterwards. `asked` is told of each query that is done.

    Raises:
        EvaluationError: the catalogue holds none of the judged products.
        LoadError, CatalogueError, OpenSearchError, EncoderError: as loading and searching raise them.
    """
    loading = temporary_generation(judged.products, cluster, store, model=model, threads=threads, hooks=hooks)
    with loading as (generation, _):
        missing = missing_products(cluster, generation, judged)
        encoder = store.open_text(model, threads=threads)
        usable = rankers(generation, encoder)
        reasons = _unusable(cluster, generation, usable, judged.queries[0].text)
        for name in reasons:
            usable.pop(name)
        rankings = _rank_all(cluster, generation, usable, judged, asked)
    variants = {name: _score(judged, found) for name, found in rankings.items()}
    variants |= {name: Variant({}, {}, reason) for name, reason in reasons.items()}
    return SearchReport(
        judged=judged,
        model=model,
        fingerprint=generation.text.fingerprint,
        documents=generation.documents,
        missing=missing,
        variants={name: variants[name] for name in ("bm25", "vector", "native", "kindred")},
    )


def missing_products(cluster: Cluster, generation: Generation, judged: JudgedSet) -> int:
    """Return how many judged products the generation does not hold; EvaluationError where it holds none of them."""
    wanted = sorted({product for grades in judged.judgments.values() for product in grades})
    there = 0
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        body = {"query": {"ids": {"values": wanted[start : start + _IDS_AT_ONCE]}}}
        there += int(cluster.request("POST", f"/{generation.index}/_count", body)["count"])
    if not there:
        raise EvaluationError(
            f"{judged.folder}: {judged.products.name} holds none of the {len(wanted):,} products that qrels.txt "
            f"judges, as {wanted[0]!r}"
        )
    return len(wanted) - there


def _unusable(cluster: Cluster, generation: Generation, usable: Mapping[str, Ranker], text: str) -> dict[str, str]:
    """Return why the cluster cannot run native hybrid, by variant; empty where it can."""
    try:
        rank(cluster, generation.index, usable[NATIVE], text)
    except ClusterRefusedError as error:
        if "unknown query [" in error.reason or "normalization-processor" in error.reason:
            return {NATIVE: "OpenSearch lacks the plugin opensearch-neural-search"}
        raise
    return {}


def _rank_all(
    cluster: Cluster,
    generation: Generation,
    usable: Mapping[str, Ranker],
    judged: JudgedSet,
    asked: Callable[[int], None],
) -> dict[str, dict[str, Ranking]]:
    """Return rankings by variant and query id. The variants take turns, so that a busy machine slows all alike."""
    for query in judged.queries[:WARM_UP]:
        for ranker in usable.values():
            rank(cluster, generation.index, ranker, query.text)
    found: dict[str, dict[str, Ranking]] = {name: {} for name in usable}
    for query in judged.queries:
        for name, ranker in usable.items():
            found[name][query.id] = rank(cluster, generation.index, ranker, query.text)
        asked(1)
    return found


def _score(judged: JudgedSet, found: Mapping[str, Ranking]) -> Variant:
    scores = ndcg(judged.judgments, {query: ranking.ids for query, ranking in found.items()})
    return Variant(scores, percentiles_ms(list(found.values())))


def _interval(variant: Variant) -> Sequence[float]:
    return [round(bound, DIGITS) for bound in mean_interval(list(variant.scores.values()))]
