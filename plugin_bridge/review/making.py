"""Having a tagger suggest values for products of the live generation, and storing what it suggests."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, INTERNAL_PREFIX, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.errors import BridgeError
from plugin_bridge.loading.photos import find_photo
from plugin_bridge.review import marks
from plugin_bridge.review.documents import parts
from plugin_bridge.review.ledger import Ledger
from plugin_bridge.review.marks import MULTIPLE, as_list, indexed
from plugin_bridge.tagging.engine import Engine, TaggedInput
from plugin_bridge.tagging.suggesting import Suggestion

PRODUCTS_AT_ONCE = 128


@dataclass(frozen=True)
class MakeReport:
    """What was suggested. `sure` counts suggestions that clear the threshold; `missing` are ids that do not exist."""

    engine: str
    version: str
    generation: str
    products: int
    stored: int
    sure: int
    by_field: Mapping[str, int]
    missing: tuple[str, ...] = ()


class Stopped(BridgeError):  # noqa: N818 - somebody wished it
    """Suggesting was stopped before its end; what was stored until then stays."""


def make(
    engine: Engine,
    cluster: Cluster,
    generation: Generation,
    ledger: Ledger,
    ids: Sequence[str] | None = None,
    *,
    images: Path | None = None,
    progress: Callable[[int], None] = lambda products: None,
    stopped: Callable[[], bool] = lambda: False,
) -> MakeReport:
    """Suggest values for the products named by `ids`, or for all, and store them batch by batch.

    Nothing is suggested where a person has decided the field, or where the product has the value already.
    """
    counts: Counter[str] = Counter()
    products = stored = sure = 0
    missing: list[str] = []
    hits = _all(cluster, generation) if ids is None else _named(cluster, generation, ids, missing)
    while batch := list(islice(hits, PRODUCTS_AT_ONCE)):
        if stopped():
            raise Stopped(f"stopped after {products:,} products; their suggestions are stored")
        sources = {hit["_id"]: hit["_source"] for hit in batch}
        made = engine.suggest([tagged_input(hit, images) for hit in batch])
        new = [
            (one.id, suggestion, sources[one.id].get(suggestion.field))
            for one in made
            for suggestion in one.suggestions
            if is_news(suggestion, sources[one.id])
        ]
        stored += ledger.add(new, datetime.now(UTC).isoformat(timespec="microseconds"))
        sure += sum(suggestion.sure for _, suggestion, _ in new)
        counts.update(suggestion.field for _, suggestion, _ in new)
        products += len(batch)
        progress(len(batch))
    return MakeReport(
        engine.name, engine.version, generation.name, products, stored, sure, dict(counts), tuple(missing[:100])
    )


def tagged_input(hit: Mapping[str, Any], images: Path | None = None) -> TaggedInput:
    """Return what a tagger sees of a product: its fields, its vectors, and its photo's file where that is at hand."""
    source = hit["_source"]
    photo = None
    if images is not None and isinstance(source.get("image"), str):
        found = find_photo(source["image"], images)
        photo = found if isinstance(found, Path) else None
    return TaggedInput(
        id=hit["_id"],
        fields={name: value for name, value in source.items() if not name.startswith(INTERNAL_PREFIX)},
        photo=photo,
        text_vector=_vector(source.get(TEXT_VECTOR)),
        image_vector=_vector(source.get(IMAGE_VECTOR)),
    )


def is_news(one: Suggestion, source: Mapping[str, Any]) -> bool:
    """Return whether a suggestion says something that the product does not have and nobody has decided."""
    known = marks.read(source).marks
    if one.field in MULTIPLE:
        return one.value not in as_list(source.get(one.field)) and (one.field, one.value) not in known
    mark = known.get((one.field, None))
    return not (mark is not None and mark.active) and source.get(one.field) != indexed(one.field, one.value)


def _all(cluster: Cluster, generation: Generation) -> Iterator[dict[str, Any]]:
    return scan(cluster, generation.index, size=PRODUCTS_AT_ONCE)


def _named(
    cluster: Cluster, generation: Generation, ids: Sequence[str], missing: list[str]
) -> Iterator[dict[str, Any]]:
    for part in parts(list(dict.fromkeys(ids))):
        for one in cluster.request("POST", path(generation.index, "_mget"), {"ids": part})["docs"]:
            if one.get("found"):
                yield one
            else:
                missing.append(one["_id"])


def _vector(stored: Sequence[float] | None) -> np.ndarray | None:
    return None if stored is None else np.asarray(stored, np.float32)
