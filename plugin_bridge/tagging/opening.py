"""Opening a tagger for a generation: the votes of its labelled products, or a trained model of the store."""

from collections.abc import Callable, Sequence
from typing import Any

from encoders.errors import EncoderError
from encoders.images import ImageEncoder
from encoders.store import ModelStore
from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.errors import GenerationError
from opensearch.generations import Generation
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.tagging.calibration import WANTED_PRECISION
from plugin_bridge.tagging.engine import Engine
from plugin_bridge.tagging.explained import WithNeighbours
from plugin_bridge.tagging.head import open_head
from plugin_bridge.tagging.neighbours import NAME, NeighbourEngine
from plugin_bridge.tagging.suggesting import CATEGORY, split_path
from plugin_bridge.tagging.trained import read_tagger_card

_FILTERS_AT_ONCE = 500


def open_engine(
    name: str | None,
    cluster: Cluster,
    generation: Generation,
    store: ModelStore,
    *,
    threads: int = 0,
    fields: Sequence[str] | None = None,
    precision: float = WANTED_PRECISION,
    explain: bool = True,
    neighbours: bool = True,
    progress: Callable[[int], None] = lambda products: None,
) -> Engine:
    """Return the tagger `name` for a generation; None or `neighbours` is the one that needs no training.

    A trained tagger never suggests a category that no product of the generation has any more. `explain` asks it for
    the words that counted, `neighbours` then also for the labelled products that agree.

    Raises:
        EncoderError: no such model, or one that is no tagger.
        BridgeError: nothing in the generation is labelled, so that nobody can vote.
    """
    if name is None or name == NAME:
        text, photo = _encoders(generation, store, threads)
        return NeighbourEngine(cluster, generation, text, photo, fields=fields, precision=precision, progress=progress)
    store.card(name)
    card, _ = read_tagger_card(store.folder(name))
    known = next((field.values for field in card.fields if field.name == CATEGORY), ())
    allowed = {CATEGORY: frozenset(living_paths(cluster, generation, known))} if known else {}
    indexed = [ref.fingerprint for ref in (generation.text, generation.image) if ref is not None]
    head = open_head(store, name, threads=threads, indexed=indexed, allowed=allowed, explain=explain)
    if not (explain and neighbours):
        return head
    text, photo = _encoders(generation, store, threads)
    own = [field.name for field in card.fields]
    return WithNeighbours(head, NeighbourEngine(cluster, generation, text, photo, fields=own, voting=False))


def _encoders(generation: Generation, store: ModelStore, threads: int) -> tuple[TextEncoder, ImageEncoder | None]:
    """Return the generation's encoders; without that of photos, text and the vectors of the index are still had."""
    pool = EncoderPool(store, threads)
    try:
        photo = None if generation.image is None else pool.image(generation.image)
    except (EncoderError, GenerationError):
        photo = None
    return pool.text(generation.text), photo


def living_paths(cluster: Cluster, generation: Generation, paths: Sequence[str]) -> list[str]:
    """Return those category paths that at least one product of the generation has.

    A generation without a single category lets all of them live: there, tagging begins.
    """
    body: dict[str, Any] = {"size": 0, "query": {"exists": {"field": CATEGORY}}, "track_total_hits": 1}
    if not cluster.search(generation.index, body, search_pipeline="_none")["hits"]["total"]["value"]:
        return list(paths)
    found: list[str] = []
    for start in range(0, len(paths), _FILTERS_AT_ONCE):
        part = paths[start : start + _FILTERS_AT_ONCE]
        clauses = {str(place): _has_path(path) for place, path in enumerate(part)}
        asked = {**body, "aggs": {"paths": {"filters": {"filters": clauses}}}}
        answer = cluster.search(generation.index, asked, search_pipeline="_none")
        buckets = answer["aggregations"]["paths"]["buckets"]
        found += [path for place, path in enumerate(part) if buckets[str(place)]["doc_count"]]
    return found


def _has_path(path: str) -> dict[str, Any]:
    return {"bool": {"filter": [{"term": {CATEGORY: level}} for level in split_path(path)]}}
