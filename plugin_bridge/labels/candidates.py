"""Candidates: pairs of products that are near each other in the live index, also across brand, category and price.

What is nearest of all is mostly the same product twice or the next size of it. So each product that is drawn is asked
for its neighbours three times: by text, by photo, and by text among those of another brand, category or price.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, INTERNAL_PREFIX, TEXT_VECTOR
from plugin_bridge.labels.values import Pair, ordered
from plugin_bridge.rewrite.fusion import nearest

AT_ONCE = 64
FETCHED_AT_ONCE = 500
NEIGHBOURS = 8
OTHERWISE = 4
_CHEAPER, _DEARER = 0.7, 1.4


@dataclass(frozen=True)
class Item:
    """A product with its vectors, None for one that it lacks."""

    id: str
    product: Mapping[str, Any]
    text: np.ndarray | None = None
    image: np.ndarray | None = None


class Shelf:
    """The products of one generation. Reads only."""

    def __init__(self, cluster: Cluster, generation: Generation) -> None:
        self._cluster, self.generation = cluster, generation

    def items(self, ids: Iterable[str]) -> dict[str, Item]:
        """Return products by id; those that are not there are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Item] = {}
        for start in range(0, len(wanted), FETCHED_AT_ONCE):
            body = {"ids": wanted[start : start + FETCHED_AT_ONCE]}
            answer = self._cluster.request("POST", path(self.generation.index, "_mget"), body)
            found |= {one["_id"]: _item(one["_id"], one["_source"]) for one in answer["docs"] if one.get("found")}
        return found

    def missing(self, ids: Iterable[str]) -> set[str]:
        """Return those ids that no product has."""
        wanted = list(dict.fromkeys(ids))
        found: set[str] = set()
        for start in range(0, len(wanted), FETCHED_AT_ONCE):
            body = {"ids": wanted[start : start + FETCHED_AT_ONCE]}
            answer = self._cluster.request("POST", path(self.generation.index, "_mget"), body, params=_NO_SOURCE)
            found |= {one["_id"] for one in answer["docs"] if one.get("found")}
        return set(wanted) - found

    def drawn(self, count: int, seed: int) -> list[Item]:
        """Return products with a text vector, drawn by chance: the same for the same seed."""
        chance = {"random_score": {"seed": seed, "field": "_seq_no"}, "boost_mode": "replace"}
        query = {"function_score": {"query": {"exists": {"field": TEXT_VECTOR}}, **chance}}
        body = {"query": query, "size": count, "track_total_hits": False}
        answer = self._cluster.search(self.generation.index, body, search_pipeline="_none")
        return [_item(hit["_id"], hit["_source"]) for hit in answer["hits"]["hits"]]

    def neighbours(self, drawn: Sequence[Item]) -> Iterator[Pair]:
        """Yield pairs of products: each of those drawn with its neighbours; a pair may come more than once."""
        for start in range(0, len(drawn), AT_ONCE):
            asked = [(item.id, body) for item in drawn[start : start + AT_ONCE] for body in self._questions(item)]
            lines = [part for _, body in asked for part in (b"{}", orjson.dumps(body))]
            if not lines:
                continue
            content = b"\n".join(lines) + b"\n"
            answer = self._cluster.request("POST", path(self.generation.index, "_msearch"), content, timeout=120)
            for (one, _), found in zip(asked, answer["responses"], strict=True):
                if "error" in found:
                    reason = str(found["error"].get("reason"))
                    raise ClusterRefusedError(int(found["status"]), reason, request="POST _msearch")
                for hit in found["hits"]["hits"]:
                    if hit["_id"] != one:
                        yield ordered(one, hit["_id"])

    def _questions(self, item: Item) -> Iterator[dict[str, Any]]:
        if item.text is not None:
            yield _question(TEXT_VECTOR, item.text, NEIGHBOURS)
            other = _otherwise(item.product)
            if other is not None:
                yield _question(TEXT_VECTOR, item.text, OTHERWISE, other)
        if item.image is not None:
            yield _question(IMAGE_VECTOR, item.image, NEIGHBOURS)


_NO_SOURCE = {"_source": False}


def _question(field: str, vector: np.ndarray, size: int, binding: dict[str, Any] | None = None) -> dict[str, Any]:
    query = nearest(field, vector, size + 1, binding)  # every product finds itself
    return {
        "query": query,
        "size": size + 1,
        "_source": False,
        "search_pipeline": "_none",
        "track_total_hits": False,
    }


def _otherwise(product: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the filter that finds products of another brand, category or price; None where none is known."""
    same: list[dict[str, Any]] = []
    brand, category, price = product.get("brand"), product.get("category"), product.get("price")
    if isinstance(brand, str) and brand:
        same.append({"term": {"brand.raw": brand}})
    if category:
        leaf = category[-1] if isinstance(category, list) else category
        same.append({"term": {"category": leaf}})
    if isinstance(price, int | float) and price > 0:
        same.append({"range": {"price": {"gte": price * _CHEAPER, "lte": price * _DEARER}}})
    return {"bool": {"must_not": {"bool": {"must": same}}}} if same else None


def _item(number: str, source: Mapping[str, Any]) -> Item:
    product = {name: value for name, value in source.items() if not name.startswith(INTERNAL_PREFIX)}
    return Item(number, product, _vector(source.get(TEXT_VECTOR)), _vector(source.get(IMAGE_VECTOR)))


def _vector(stored: Sequence[float] | None) -> np.ndarray | None:
    if stored is None:
        return None
    vector = np.asarray(stored, np.float32)
    length = float(np.linalg.norm(vector))
    return vector / length if length else None
