"""How things stand: node, bridge, alias, generations, models and fallbacks, in the document of the contract."""

from typing import Any

from encoders.store import ModelStore
from opensearch import dropin, generations
from opensearch.client import Cluster
from opensearch.errors import ClusterUnreachableError, OpenSearchError
from opensearch.generations import EncoderRef, Generation
from plugin_bridge.fallbacks import FallbackLedger
from plugin_bridge.settings import Settings


def describe(cluster: Cluster | None, settings: Settings, *, bridge: dict[str, Any]) -> dict[str, Any]:
    """Return the document of `kindred status --json`; what cannot be had is None, with the reason in `problem`.

    `bridge` is what is known of the bridge: `running`, `ready`, and anything else worth showing.
    """
    document: dict[str, Any] = {
        "node": {"url": None, "version": None, "running": False, "problem": None},
        "bridge": {"url": settings.local_url, **bridge},
        "alias": settings.alias,
        "generation": None,
        "documents": None,
        "models": models(settings),
        "generations": [],
        "fallbacks": {"total": None, "by_generation": {}},
        "problem": None,
    }
    if cluster is None:
        document["node"]["problem"] = "no local node was started and OPENSEARCH_URL is not set"
        return document
    document["node"]["url"] = cluster.url
    try:
        document["node"] |= {"version": cluster.request("GET", "/")["version"]["number"], "running": True}
    except OpenSearchError as error:
        document["node"]["problem"] = str(error)
        return document
    try:
        _add_generations(document, cluster, settings)
    except ClusterUnreachableError as error:
        document["node"] |= {"running": False, "problem": str(error)}
    except OpenSearchError as error:
        document["problem"] = str(error)
    return document


def models(settings: Settings) -> list[dict[str, Any]]:
    """Return what the model store holds."""
    return [
        {
            "name": card.name,
            "kind": card.kind,
            "dimension": card.dimension,
            "precision": card.precision,
            "fingerprint": card.fingerprint,
            "licence": card.licence,
        }
        for card in ModelStore(settings.models_dir).list()
    ]


def generation_rows(cluster: Cluster, alias: str) -> list[dict[str, Any]]:
    """Return the generations of an alias, oldest first, as they are shown."""
    live = generations.live_indices(cluster, alias)
    return [_row(cluster, one, live=one.index in live) for one in generations.history(cluster, alias)]


def fallbacks(cluster: Cluster, settings: Settings) -> dict[str, Any]:
    """Return how many storefront requests OpenSearch answered without the bridge, by generation and in all."""
    passages = FallbackLedger(settings.home).passages(dropin.pipeline_counts(cluster))
    return {
        "total": sum(passage.fallbacks for passage in passages.values()),
        "by_generation": {
            index: {"requests": passage.requests, "served": passage.served, "fallbacks": passage.fallbacks}
            for index, passage in passages.items()
        },
    }


def _add_generations(document: dict[str, Any], cluster: Cluster, settings: Settings) -> None:
    rows = generation_rows(cluster, settings.alias)
    document["generations"] = rows
    document["fallbacks"] = fallbacks(cluster, settings)
    live = [row for row in rows if row["live"]]
    if len(live) == 1:
        document["generation"] = live[0]["name"]
        document["documents"] = live[0]["documents"]


def _row(cluster: Cluster, generation: Generation, *, live: bool) -> dict[str, Any]:
    return {
        "name": generation.name,
        "index": generation.index,
        "live": live,
        "complete": generation.complete,
        "documents": _count(cluster, generation),
        "created": generation.created,
        "text": _encoder(generation.text),
        "image": _encoder(generation.image) if generation.image else None,
        "drop_in": _has_drop_in(cluster, generation),
    }


def _count(cluster: Cluster, generation: Generation) -> int:
    """Count by a search around the pipeline: `_count` would go through the bridge."""
    body = {"size": 0, "track_total_hits": True}
    answer = cluster.search(generation.index, body, search_pipeline="_none")
    return int(answer["hits"]["total"]["value"])


def _encoder(ref: EncoderRef) -> dict[str, Any]:
    return {"model": ref.model, "fingerprint": ref.fingerprint, "dimension": ref.dimension}


def _has_drop_in(cluster: Cluster, generation: Generation) -> bool:
    try:
        found = dropin.installed(cluster, generation)
        return found is not None and found.active
    except OpenSearchError:
        return False  # without ml-commons there can be none
