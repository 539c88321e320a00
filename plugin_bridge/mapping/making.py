"""A map made from an index: read a sample of vectors, lay it out, and say which products stand alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np

from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR, TIE
from opensearch.scanning import scan
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.mapping import projection, umap_process

Method = Literal["pca", "umap"]
Field = Literal["text", "image"]
_FIELDS: Mapping[Field, str] = {"text": TEXT_VECTOR, "image": IMAGE_VECTOR}
LEAST_SAMPLE, MOST_SAMPLE = 10, 30_000
SAMPLE = 20_000
_TITLE_CHARS = 200
_COUNTED = 500


@dataclass(frozen=True)
class MapWanted:
    """Which map: how many products, laid out how, by the vectors of texts or of photos."""

    sample: int = SAMPLE
    method: Method = "pca"
    field: Field = "text"


@dataclass(frozen=True)
class CatalogueMap:
    """A map. Each point has `id`, `title`, `category` (a path), `x`, `y` and `near`, its cosine to its neighbours.

    `explained` is the share of the variance that a map by principal components shows, None for another.
    """

    generation: str
    method: str
    field: str
    products: int
    points: tuple[Mapping[str, Any], ...]
    outliers: tuple[str, ...]
    explained: float | None

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return {**vars(self), "points": list(self.points), "outliers": list(self.outliers)}


def check(generation: Generation, wanted: MapWanted) -> None:
    """Raise RequestError where a generation has no such map, or this installation cannot make it."""
    if wanted.field == "image" and generation.image is None:
        raise RequestError(f"{generation.index} was loaded without photos", status=409)
    if wanted.method == "umap" and not umap_process.is_there():
        raise RequestError(
            "a map by UMAP wants the extra `evaluate`: pip install 'kindred[evaluate]'; method=pca needs nothing",
            status=409,
            field="method",
        )


def make_map(
    cluster: Cluster,
    generation: Generation,
    wanted: MapWanted,
    *,
    progress: Callable[[int], None] = lambda products: None,
    stopped: Callable[[], bool] = lambda: False,
) -> CatalogueMap:
    """Return the map of a generation; raises RequestError as `check` does, BridgeError when stopped."""
    check(generation, wanted)
    rows, vectors = _sample(cluster, generation, wanted, progress, stopped)
    plane = projection.pca(vectors)
    near = projection.nearness(vectors, stopped)
    points: np.ndarray = plane.points
    explained: float | None = plane.explained
    if wanted.method == "umap":
        points, explained = umap_process.lay_out(plane.components, stopped), None
    if stopped():
        raise BridgeError("the making of the map was stopped")
    drawn = tuple(
        {**row, "x": round(float(x), 4), "y": round(float(y), 4), "near": round(float(alone), 4)}
        for row, (x, y), alone in zip(rows, points, near, strict=True)
    )
    alone = tuple(rows[place]["id"] for place in projection.outliers(near))
    return CatalogueMap(generation.name, wanted.method, wanted.field, len(rows), drawn, alone, explained)


def _sample(
    cluster: Cluster,
    generation: Generation,
    wanted: MapWanted,
    progress: Callable[[int], None],
    stopped: Callable[[], bool],
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return products and their vectors, chosen by a number that depends on their ids alone."""
    field = _FIELDS[wanted.field]
    source = [field, "title", "category"]
    hits = scan(cluster, generation.index, {"exists": {"field": field}}, source=source, sort=[{TIE: "asc"}])
    encoder = generation.image if wanted.field == "image" else generation.text
    rows: list[dict[str, Any]] = []
    vectors = np.empty((wanted.sample, encoder.dimension if encoder else 0), np.float32)
    for place, hit in enumerate(islice(hits, wanted.sample)):
        found = hit["_source"]
        vectors[place] = found[field]
        rows.append({"id": hit["_id"], "title": _title(found), "category": _path(found.get("category"))})
        if len(rows) % _COUNTED == 0:
            progress(_COUNTED)
            if stopped():
                raise BridgeError("the making of the map was stopped")
    progress(len(rows) % _COUNTED)
    return rows, vectors[: len(rows)]


def _title(source: Mapping[str, Any]) -> str:
    return str(source.get("title") or "")[:_TITLE_CHARS]


def _path(category: Any) -> list[str]:
    if isinstance(category, str):
        return [category] if category else []
    return [str(one) for one in category] if isinstance(category, list) else []
