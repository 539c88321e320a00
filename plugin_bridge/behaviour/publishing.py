"""Puts the behaviour vectors of a model into the live generation, as a k-NN field of the documents that are there.

Only documents whose vector changes are written, so that the same call is the nightly update.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
from opensearch.mappings import BEHAVIOUR_VECTOR, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.behaviour.cold import unit
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.errors import BehaviourError
from plugin_bridge.loading.changes import live_generation

SAME = 1e-3  # a vector that moved by less stays as it is
_PAGE = 500


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
        sender = BulkSender(cluster, generation.index)
        wanted = {"includes": [BEHAVIOUR_VECTOR, TEXT_VECTOR]}
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
    usable = model.cold is not None and model.cold.text_fingerprint == generation.text.fingerprint
    cold = []
    for place, one in enumerate(page):
        item = model.place.get(one["_id"])
        if item is not None and model.parts.sold[item] and np.any(model.parts.vectors[item]):
            found[place] = unit(model.parts.vectors[item]).astype(np.float32)
            counts["known"] += 1
        elif usable and one.get("_source", {}).get(TEXT_VECTOR) is not None:
            cold.append(place)
            counts["predicted"] += 1
        else:
            counts["without"] += 1
    if cold:
        assert model.cold is not None
        texts = np.array([page[place]["_source"][TEXT_VECTOR] for place in cold], np.float32)
        for place, vector in zip(cold, model.cold.predict(texts).astype(np.float32), strict=True):
            found[place] = vector
    return found


def _as_before(before: list[float] | None, vector: np.ndarray) -> bool:
    return before is not None and len(before) == len(vector) and bool(np.abs(np.asarray(before) - vector).max() < SAME)


def _pages(hits: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while page := list(islice(hits, _PAGE)):
        yield page
