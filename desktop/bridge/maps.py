"""The map of the catalogue and groups of near-duplicates, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from desktop.bridge.answers import one_line
from desktop.bridge.client import Bridge

Method = Literal["pca", "umap"]
Field = Literal["text", "image"]
SAMPLE = 20_000
_SECONDS = 60.0  # a map of 20,000 products is some megabytes


@dataclass(frozen=True)
class Running:
    """Something that is still being made."""

    done: int = 0
    total: int | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Running":
        """Read how far it is."""
        return cls(int(document.get("done") or 0), document.get("total"))


@dataclass(frozen=True)
class MapPoint:
    """A product on the map; `near` is its mean cosine to its nearest neighbours."""

    id: str
    title: str
    category: tuple[str, ...]
    x: float
    y: float
    near: float | None = None


@dataclass(frozen=True)
class CatalogueMap:
    """A map that is made. `explained` is the share of the variance that it shows, None where that means nothing."""

    generation: str
    method: str
    field: str
    points: tuple[MapPoint, ...]
    outliers: tuple[str, ...]
    explained: float | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "CatalogueMap":
        """Read a map."""
        return cls(
            generation=str(document.get("generation") or ""),
            method=str(document.get("method") or "pca"),
            field=str(document.get("field") or "text"),
            points=tuple(_point(one) for one in document["points"]),
            outliers=tuple(str(one) for one in document.get("outliers") or ()),
            explained=document.get("explained"),
        )


@dataclass(frozen=True)
class Twins:
    """Products that are alike. `similarity` is the least cosine that joined them."""

    similarity: float
    exact: bool
    products: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Twins":
        """Read one group."""
        products = tuple((str(one["id"]), one_line(one.get("title")) or str(one["id"])) for one in document["products"])
        return cls(float(document["similarity"]), bool(document.get("exact")), products)


class Maps:
    """The bridge's endpoints for the map."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def map(self, method: Method, field: Field, again: bool = False) -> CatalogueMap | Running:
        """Return the map, or how far it is."""
        params = {"sample": SAMPLE, "method": method, "field": field, "again": again}
        answer = self._bridge.ask("GET", "/v1/map", params=params, timeout=_SECONDS)
        if isinstance(answer, Mapping) and answer.get("state") == "running":
            return self._bridge.read(Running.read, answer)
        return self._bridge.read(CatalogueMap.read, answer)

    def twins(self, field: Field) -> tuple[Twins, ...] | Running:
        """Return groups of products that are nearly the same, or how far the search for them is."""
        params = {"kind": "photos" if field == "image" else "texts"}
        answer = self._bridge.ask("GET", "/v1/duplicates", params=params, timeout=_SECONDS)
        if isinstance(answer, Mapping) and answer.get("state") == "running":
            return self._bridge.read(Running.read, answer)
        return self._bridge.read(lambda document: tuple(Twins.read(one) for one in document["groups"]), answer)


def _point(document: Mapping[str, Any]) -> MapPoint:
    name = str(document["id"])
    category = document.get("category") or ()
    path = (category,) if isinstance(category, str) else tuple(str(one) for one in category)
    title, near = one_line(document.get("title")) or name, document.get("near")
    return MapPoint(name, title, path, float(document["x"]), float(document["y"]), near)
