"""Near-duplicates of a catalogue: products whose photos (or texts) are the same, or nearly.

Each product's vector is sent to the k-NN field of its index; pairs that are near enough are joined to groups, so one
group may hold two products that are alike only by way of a third. Files that are equal byte for byte are told by their
hash and searched for once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import orjson

from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_HASH, IMAGE_VECTOR, TEXT_HASH, TEXT_VECTOR
from opensearch.scanning import scan
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.rewrite.fusion import nearest

Kind = Literal["photos", "texts"]
FIELDS: Mapping[Kind, tuple[str, str]] = {"photos": (IMAGE_VECTOR, IMAGE_HASH), "texts": (TEXT_VECTOR, TEXT_HASH)}
ABOVE = 0.97
NEIGHBOURS = 20
AT_ONCE = 64


@dataclass(frozen=True)
class Twin:
    """One product of a group."""

    id: str
    title: str | None
    image: str | None


@dataclass(frozen=True)
class Group:
    """Products that are alike. `similarity` is the least cosine that joined them, `exact` says that all are equal."""

    similarity: float
    exact: bool
    products: tuple[Twin, ...]


@dataclass(frozen=True)
class Duplicates:
    """What was found among `compared` products that have a vector; the largest groups come first."""

    generation: str
    kind: str
    above: float
    compared: int
    groups: tuple[Group, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge and the command line print it."""
        return asdict(self)


def find_duplicates(
    cluster: Cluster,
    generation: Generation,
    kind: Kind = "photos",
    above: float = ABOVE,
    *,
    progress: Callable[[int], None] = lambda products: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Duplicates:
    """Return the groups of products whose vectors have at least the cosine `above`.

    Raises RequestError where the generation has no photos, or `above` is not between 0.5 and 1.
    """
    check(generation, kind, above)
    field, hash_field = FIELDS[kind]
    joined = _Joined()
    twins: dict[str, Twin] = {}
    first_of: dict[str, str] = {}
    hits = scan(cluster, generation.index, {"exists": {"field": field}}, source=[field, hash_field, "title", "image"])
    while batch := list(islice(hits, AT_ONCE)):
        if stopped():
            raise BridgeError("the search for duplicates was stopped")
        asked: list[tuple[str, np.ndarray]] = []
        for hit in batch:
            source, one = hit["_source"], hit["_id"]
            twins[one] = Twin(one, source.get("title"), source.get("image"))
            content = source.get(hash_field)
            if content is not None and content in first_of:
                joined.join(first_of[content], one, 1.0)
                continue
            if content is not None:
                first_of[content] = one
            asked.append((one, np.asarray(source[field], np.float32)))
        for one, other, cosine in _near(cluster, generation.index, field, asked, above):
            joined.join(one, other, cosine)
        progress(len(batch))
    groups = [_group(members, least, twins) for members, least in joined.groups() if set(members) <= set(twins)]
    groups.sort(key=lambda group: (-len(group.products), -group.similarity, group.products[0].id))
    return Duplicates(generation.name, kind, above, len(twins), tuple(groups))


def check(generation: Generation, kind: Kind, above: float) -> None:
    """Raise RequestError where a generation cannot be searched for duplicates in this way."""
    if not 0.5 <= above <= 1:
        raise RequestError(f"above is a cosine from 0.5 to 1, got {above:g}", status=422, field="above")
    if kind == "photos" and generation.image is None:
        raise RequestError(f"{generation.index} was loaded without photos", status=409)


def _near(
    cluster: Cluster, index: str, field: str, asked: Sequence[tuple[str, np.ndarray]], above: float
) -> Iterator[tuple[str, str, float]]:
    """Yield pairs with their cosine: what k-NN finds near enough to each of the products asked for."""
    if not asked:
        return
    lines: list[bytes] = []
    for _, vector in asked:
        # One more than wanted: every product finds itself. The score of the field is (1 + cosine) / 2.
        body = {"query": nearest(field, vector, NEIGHBOURS + 1), "size": NEIGHBOURS + 1, "_source": False}
        body |= {"min_score": (1 + above) / 2, "search_pipeline": "_none", "track_total_hits": False}
        lines += [b"{}", orjson.dumps(body)]
    answer = cluster.request("POST", path(index, "_msearch"), b"\n".join(lines) + b"\n", timeout=120)
    for (one, _), found in zip(asked, answer["responses"], strict=True):
        if "error" in found:
            reason = str(found["error"].get("reason"))
            raise ClusterRefusedError(int(found["status"]), reason, request=f"POST /{index}/_msearch")
        for hit in found["hits"]["hits"]:
            if hit["_id"] != one:
                yield one, hit["_id"], min(1.0, 2 * float(hit["_score"]) - 1)


def _group(members: Sequence[str], least: float, twins: Mapping[str, Twin]) -> Group:
    return Group(round(least, 4), least >= 1.0, tuple(twins[one] for one in sorted(members)))


class _Joined:
    """Sets that grow together (union-find with path halving), each with the least similarity that joined it."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._least: dict[str, float] = {}

    def join(self, one: str, other: str, similarity: float) -> None:
        first, second = self._root(one), self._root(other)
        least = min(similarity, self._least.get(first, 1.0), self._least.get(second, 1.0))
        if first != second:
            self._parent[second] = first
            self._least[first] = least

    def groups(self) -> list[tuple[list[str], float]]:
        members: dict[str, list[str]] = {}
        for one in self._parent:
            members.setdefault(self._root(one), []).append(one)
        return [(found, self._least[root]) for root, found in members.items() if len(found) > 1]

    def _root(self, one: str) -> str:
        self._parent.setdefault(one, one)
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one
