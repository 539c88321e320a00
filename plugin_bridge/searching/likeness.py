"""A product as the question: its stored vectors, alone or moved by words ("this, but blue")."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR
from plugin_bridge.errors import RequestError

BESIDE_PHOTO = 2.0

Vectors = tuple[np.ndarray | None, np.ndarray | None]


def product_source(
    cluster: Cluster, generation: Generation, product_id: str, params: Mapping[str, str]
) -> dict[str, Any]:
    """Return a product's fields; RequestError 404 where it does not exist."""
    try:
        answer = cluster.request("GET", path(generation.index, "_doc", product_id), params=params)
    except ClusterRefusedError as error:
        if error.status != 404:
            raise
        raise RequestError(
            f"there is no product {product_id!r} in {generation.index}", status=404, field="id"
        ) from error
    found: dict[str, Any] = answer.get("_source", {})
    return found


def product_vectors(cluster: Cluster, generation: Generation, product_id: str) -> Vectors:
    """Return a product's text and photo vector, None for one that it lacks.

    Raises RequestError 404 where the product does not exist, 409 where it has neither.
    """
    wanted = {"_source_includes": f"{TEXT_VECTOR},{IMAGE_VECTOR}"}
    source = product_source(cluster, generation, product_id, wanted)
    text, image = (_as_vector(source.get(name)) for name in (TEXT_VECTOR, IMAGE_VECTOR))
    if text is None and image is None:
        raise RequestError(f"product {product_id!r} has no vectors yet", status=409, field="id")
    return text, image


def moved(own: np.ndarray | None, words: np.ndarray, *, photo: bool) -> np.ndarray:
    """Return a product's text vector moved by the words' vector.

    Where a photo says what the product is, words count double; else the direction half-way between the two is taken
    (docs/decisions/this-but-blue.md).
    """
    if own is None:
        return words
    between = own + (BESIDE_PHOTO if photo else 1.0) * words
    length = float(np.linalg.norm(between))
    return between / length if length else words


def _as_vector(stored: Sequence[float] | None) -> np.ndarray | None:
    return None if stored is None else np.asarray(stored, np.float32)
