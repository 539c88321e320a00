"""Puts the behaviour vectors of a model into the live generation, as a k-NN field of the documents that are there.

Only documents whose vector changes are written, so that the same call is the nightly update.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import orjson

from opensearch import generations, mappings
from opensearch.bulk import BulkSender, update_action
from opensearch.client import Cluster, path
from opensearch.generations import EncoderRef, Generation
from opensearch.leases import Lease
from opensearch.mappings import BEHAVIOUR_VECTOR, IMAGE_VECTOR, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.behaviour.cold import CATALOGUE_FILE, ColdItems, fit_cold, save_cold, unit
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.errors import BehaviourError
from plugin_bridge.loading.live import live_generation

SAME = 1e-3  # a vector that moved by less stays as it is
MOST_LEARNT = 10_000  # products that predicting is learnt from
LEAST_LEARNT = 40
_PAGE = 500
_IDS = 5_000  # that are asked for in one request


@dataclass(frozen=True)
class Published:
    """What was written. `counts` has `known`, `predicted`, `without` (no vector can be had) and `written`."""

    generation: str
    model: str
    counts: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return what is printed."""
        return {"generation": self.generation, "model": self.model, **self.counts}


def publish(
    cluster: Cluster, alias: str, model: BehaviourModel, progress: Callable[[int], None] = lambda products: None
) -> Published:
    """Write the model's vectors into the live generation of an alias.

    Raises:
        LoadError: nothing is live.
        BehaviourError: the generation holds vectors of another length, or documents were refused.
    """
    counts: Counter[str] = Counter(known=0, predicted=0, without=0, written=0)
    with Lease(cluster, alias, f"behaviour of {model.name}") as lease:
        generation = live_generation(cluster, alias)
        dimension = model.parts.vectors.shape[1]
        make_room(cluster, generation, dimension)
        model = replace(model, cold=cold_of(cluster, generation, model))
        sender = BulkSender(cluster, generation.index)
        wanted = {"includes": [BEHAVIOUR_VECTOR, *_contents(model.cold)]}
        for page in _pages(scan(cluster, generation.index, source=wanted, size=_PAGE)):
            lease.check()
            actions = []
            for one, vector in zip(page, vectors_of(page, generation, model, counts), strict=True):
                before = one.get("_source", {}).get(BEHAVIOUR_VECTOR)
                if vector is None or _as_before(before, vector):
                    continue
                changes = orjson.dumps({BEHAVIOUR_VECTOR: vector}, option=orjson.OPT_SERIALIZE_NUMPY)
                actions.append(update_action(one["_id"], changes))
            outcome = sender.send(actions)
            # A product that was deleted meanwhile is no failure.
            refused = [one for one in outcome.refused if one.status != 404]
            if refused:
                raise BehaviourError(f"{generation.index} refused {len(refused)} vectors: {refused[0].reason}")
            counts["written"] += len(actions)
            progress(len(page))
        ref = EncoderRef(model.name, model.fingerprint, dimension)
        generations.update_meta(cluster, replace(generations.read(cluster, generation.index), behaviour=ref))
        cluster.request("POST", path(generation.index, "_refresh"), timeout=300)
    return Published(generation.name, model.name, dict(counts))


def make_room(cluster: Cluster, generation: Generation, dimension: int) -> None:
    """Add the vector field to the index; raises BehaviourError where it has one of another length."""
    answer = cluster.request("GET", path(generation.index, "_mapping"))
    there = next(iter(answer.values()))["mappings"].get("properties", {}).get(BEHAVIOUR_VECTOR)
    if there is None:
        body = {"properties": {BEHAVIOUR_VECTOR: mappings.vector(dimension)}}
        cluster.request("PUT", path(generation.index, "_mapping"), body)
    elif there.get("dimension") != dimension:
        raise BehaviourError(
            f"{generation.index} holds vectors of length {there.get('dimension')}, the model has {dimension}: "
            "load a new generation first, or train with the same number of factors"
        )


def vectors_of(
    page: list[dict[str, Any]], generation: Generation, model: BehaviourModel, counts: Counter[str]
) -> list[np.ndarray | None]:
    """Return the vector that each document (a hit with `_id` and `_source`) is to have, None where there is none."""
    found: list[np.ndarray | None] = [None] * len(page)
    cold = model.cold
    usable = cold is not None and cold.text_fingerprint == generation.text.fingerprint
    new = []
    for place, one in enumerate(page):
        item = model.place.get(one["_id"])
        if item is not None and model.parts.sold[item] and np.any(model.parts.vectors[item]):
            found[place] = unit(model.parts.vectors[item]).astype(np.float32)
            counts["known"] += 1
        elif usable and one.get("_source", {}).get(TEXT_VECTOR) is not None:
            new.append(place)
            counts["predicted"] += 1
        else:
            counts["without"] += 1
    if new:
        assert cold is not None
        texts, photos = _contents_of([page[place] for place in new])
        if cold.photo_fingerprint != _photo_fingerprint(generation):
            photos = [None] * len(new)
        for place, vector in zip(new, cold.predict(texts, photos).astype(np.float32), strict=True):
            found[place] = vector
    return found


def cold_of(cluster: Cluster, generation: Generation, model: BehaviourModel) -> ColdItems | None:
    """Return what predicts the vectors of new products of a generation.

    That is the model's own where it was learnt from vectors of the same encoders. Else it is learnt from those
    products of the generation that were bought, photos included, and kept with the model, so that the next night
    predicts the same.
    """
    photo = _photo_fingerprint(generation)
    if model.cold is not None and model.cold.fits(generation.text.fingerprint, photo):
        return model.cold
    parts = model.parts
    usable = np.flatnonzero(parts.sold & (np.linalg.norm(parts.vectors, axis=1) > 0))
    often = usable[np.argsort(-parts.popularity[2][usable], kind="stable")][:MOST_LEARNT]
    query = {"ids": {"values": [parts.items[one] for one in often]}}
    hits = [
        hit
        for hit in scan(cluster, generation.index, query, source=[TEXT_VECTOR, IMAGE_VECTOR], size=_PAGE)
        if hit.get("_source", {}).get(TEXT_VECTOR) is not None
    ]
    if len(hits) < LEAST_LEARNT:
        return model.cold
    texts, photos = _contents_of(hits)
    vectors = parts.vectors[[model.place[hit["_id"]] for hit in hits]]
    found = fit_cold(texts, vectors, generation.text.fingerprint, photos, photo)
    save_cold(model.folder / CATALOGUE_FILE, found)
    return found


def photos_of(cluster: Cluster, alias: str, items: Sequence[str]) -> dict[int, np.ndarray]:
    """Return the photo vectors that the live generation has of these products, by their place; none where none is."""
    generation = generations.live(cluster, alias)
    if generation is None or generation.image is None:
        return {}
    place = {item: number for number, item in enumerate(items)}
    found: dict[int, np.ndarray] = {}
    for start in range(0, len(items), _IDS):
        query = {"ids": {"values": list(items[start : start + _IDS])}}
        for hit in scan(cluster, generation.index, query, source=[IMAGE_VECTOR], size=_PAGE):
            vector = hit.get("_source", {}).get(IMAGE_VECTOR)
            if vector is not None:
                found[place[hit["_id"]]] = np.asarray(vector, np.float32)
    return found


def _photo_fingerprint(generation: Generation) -> str:
    return "" if generation.image is None else generation.image.fingerprint


def _contents(cold: ColdItems | None) -> list[str]:
    """Return the fields that predicting reads."""
    return [TEXT_VECTOR, IMAGE_VECTOR] if cold is not None and len(cold.both) else [TEXT_VECTOR]


def _contents_of(hits: list[dict[str, Any]]) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """Return the text vectors (n, t) of documents, and each one's photo vector or None."""
    sources = [hit["_source"] for hit in hits]
    photos = [None if one.get(IMAGE_VECTOR) is None else np.asarray(one[IMAGE_VECTOR], np.float32) for one in sources]
    return np.array([one[TEXT_VECTOR] for one in sources], np.float32), photos


def _as_before(before: list[float] | None, vector: np.ndarray) -> bool:
    return before is not None and len(before) == len(vector) and bool(np.abs(np.asarray(before) - vector).max() < SAME)


def _pages(hits: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while page := list(islice(hits, _PAGE)):
        yield page
