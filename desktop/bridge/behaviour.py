"""Recommendations and segments of customers, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from desktop.bridge.answers import Hit, one_line, sentence
from desktop.bridge.client import Bridge

Kind = Literal["next", "basket", "favourites"]
SIZE = 24
MOST_SEGMENTS = 50
_SECONDS = 60.0  # the first segments of a model are made when they are asked for


@dataclass(frozen=True)
class Wish:
    """What is asked for: by a customer's id, or by the products of a basket, oldest first; by neither: the popular.

    With `owned`, what was bought before comes back too; `diversity` is 0 to 1.
    """

    customer: str = ""
    basket: tuple[str, ...] = ()
    kind: Kind = "next"
    filters: Mapping[str, Any] = field(default_factory=dict)
    owned: bool = False
    diversity: float = 0.0

    def body(self) -> dict[str, Any]:
        """Return it as the bridge takes it."""
        who: dict[str, Any] = {"customer": self.customer} if self.customer else {"history": list(self.basket)}
        return who | {
            "kind": self.kind,
            "size": SIZE,
            "filters": dict(self.filters),
            "owned": self.owned,
            "diversity": self.diversity,
            "explain": True,
        }


@dataclass(frozen=True)
class Recommended:
    """A product that is recommended. `because` are titles of what was bought; `text` is the reason in English."""

    hit: Hit
    because: tuple[str, ...]
    text: str

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Recommended":
        """Read one hit of `/v1/recommend`."""
        explain = document.get("explain") or {}
        because = tuple(one_line(one.get("title")) or str(one["id"]) for one in explain.get("because") or ())
        return cls(Hit.read(document), because, str(explain.get("text") or ""))


@dataclass(frozen=True)
class Recommendations:
    """An answer. `notes` say what became of the history; `reason` says why the answer is `degraded`."""

    rows: tuple[Recommended, ...]
    total: int
    took_ms: float
    generation: str
    notes: tuple[str, ...] = ()
    used: int = 0
    degraded: bool = False
    reason: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Recommendations":
        """Read the document of `/v1/recommend`."""
        return cls(
            rows=tuple(Recommended.read(one) for one in document["hits"]),
            total=int(document["total"]),
            took_ms=float(document.get("took_ms", 0.0)),
            generation=str(document.get("generation") or ""),
            notes=tuple(sentence(one) for one in document.get("notes") or ()),
            used=int(document.get("history_used") or 0),
            degraded=bool(document.get("degraded")),
            reason=sentence(document.get("reason")),
        )


@dataclass(frozen=True)
class Mark:
    """What a segment buys more than others, and how many times the usual.

    A product by the share of the segment's customers, a category or tag (`field` names which) by the share of what
    they buy.
    """

    id: str
    title: str
    share: float
    lift: float
    field: str = ""


@dataclass(frozen=True)
class Segment:
    """A group of customers who buy alike; `share` is of all customers."""

    number: int
    customers: int
    share: float
    products: tuple[Mark, ...] = ()
    tags: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class SegmentPoint:
    """A customer on the map, without a name."""

    segment: int
    x: float
    y: float


@dataclass(frozen=True)
class Segments:
    """All segments, the largest first, and customers as points; no points where the bridge gives none."""

    model: str
    customers: int
    found: tuple[Segment, ...]
    points: tuple[SegmentPoint, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Segments":
        """Read the document of `/v1/segments`."""
        return cls(
            model=str(document.get("model") or ""),
            customers=int(document.get("customers") or 0),
            found=tuple(_segment(one) for one in document["segments"]),
            points=tuple(
                SegmentPoint(int(one["segment"]), float(one["x"]), float(one["y"]))
                for one in document.get("points") or ()
            ),
        )


class Behaviour:
    """The bridge's endpoints for what customers do."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def recommend(self, wish: Wish) -> Recommendations:
        """Return what a customer, or somebody with this basket, may want."""
        return self._bridge.read(Recommendations.read, self._bridge.ask("POST", "/v1/recommend", wish.body()))

    def segments(self, count: int) -> Segments:
        """Return groups of customers."""
        answer = self._bridge.ask("GET", "/v1/segments", params={"count": count}, timeout=_SECONDS)
        return self._bridge.read(Segments.read, answer)


def _segment(document: Mapping[str, Any]) -> Segment:
    return Segment(
        number=int(document["segment"]),
        customers=int(document.get("customers") or 0),
        share=float(document.get("share") or 0.0),
        products=tuple(_mark(one) for one in document.get("products") or ()),
        tags=tuple(_mark(one) for one in document.get("tags") or ()),
    )


def _mark(document: Mapping[str, Any]) -> Mark:
    name = str(document.get("item") or document.get("value") or "")
    title = one_line(document.get("title")) or name
    share, lift = float(document.get("share") or 0.0), float(document.get("lift") or 0.0)
    return Mark(name, title, share, lift, str(document.get("field") or ""))
