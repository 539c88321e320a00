"""What the bridge answers, as values. Reading is forgiving.

What another version adds is left out, and what it lacks is empty.

A document that lacks what nothing can be shown without raises KeyError, TypeError or ValueError; the client turns
that into BridgeStrangeError.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop.i18n.bridge import told

# Parts of a score in the order in which they are drawn; the bonuses of titles belong to the words.
PARTS = {"keyword": "keyword", "all_words": "keyword", "phrase": "keyword", "text": "text", "photo": "photo"}
PARTS_IN_ORDER = ("keyword", "text", "photo", "rule")


@dataclass(frozen=True)
class Share:
    """How much of a score one part made: `part` is keyword, text, photo or rule, `share` 0 to 1."""

    part: str
    share: float


@dataclass(frozen=True)
class Hit:
    """One product of an answer; `rank` counts from 1 over all pages."""

    id: str
    rank: int
    score: float
    title: str
    product: Mapping[str, Any]
    shares: tuple[Share, ...] = ()
    words: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Hit":
        """Read one hit of `/v1/search`."""
        product = dict(document["product"])
        explain = document.get("explain") or {}
        return cls(
            id=str(document["id"]),
            rank=int(document["rank"]),
            score=float(document["score"]),
            title=one_line(product.get("title")),
            product=product,
            shares=_shares(explain),
            words=tuple(str(word) for word in explain.get("words", ())),
        )


@dataclass(frozen=True)
class Answer:
    """The answer to a search. `reason` says why it is `degraded`; `mode` is the one that was used."""

    hits: tuple[Hit, ...]
    total: int
    took_ms: float
    mode: str
    generation: str
    degraded: bool = False
    reason: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Answer":
        """Read the document of `/v1/search`."""
        return cls(
            hits=tuple(Hit.read(hit) for hit in document["hits"]),
            total=int(document["total"]),
            took_ms=float(document.get("took_ms", 0.0)),
            mode=str(document.get("mode", "")),
            generation=str(document.get("generation", "")),
            degraded=bool(document.get("degraded", False)),
            reason=sentence(document.get("reason")),
        )


@dataclass(frozen=True)
class FacetValue:
    """A value and how many products have it."""

    value: str
    count: int


@dataclass(frozen=True)
class Facet:
    """A field's values, or its bounds where it holds numbers."""

    field: str
    values: tuple[FacetValue, ...] = ()
    more: int = 0
    low: float | None = None
    high: float | None = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Facet":
        """Read one facet of `/v1/facets`."""
        return cls(
            field=str(document["field"]),
            values=tuple(FacetValue(str(one["value"]), int(one["count"])) for one in document.get("values", ())),
            more=int(document.get("more", 0)),
            low=document.get("low"),
            high=document.get("high"),
        )


@dataclass(frozen=True)
class GenerationRow:
    """A generation of the shop; `model` is its text encoder."""

    name: str
    live: bool
    documents: int
    model: str
    photos: bool

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "GenerationRow":
        """Read one row of `/v1/generations`."""
        return cls(
            name=str(document["name"]),
            live=bool(document.get("live")),
            documents=int(document.get("documents") or 0),
            model=str((document.get("text") or {}).get("model", "")),
            photos=document.get("image") is not None,
        )


@dataclass(frozen=True)
class Standing:
    """How bridge and node stand. `problem` is empty where all is well, `role` (of our token) where nobody knows it."""

    alias: str
    generation: str
    documents: int | None
    node_version: str
    node_running: bool
    problem: str
    fallbacks: int = 0
    generations: tuple[GenerationRow, ...] = ()
    models: tuple[str, ...] = field(default=())
    version: str = ""
    role: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Standing":
        """Read the document of `/v1/status`."""
        node, bridge = document["node"], document["bridge"]
        problem = document.get("problem") or node.get("problem") or bridge.get("problem")
        return cls(
            alias=str(document["alias"]),
            generation=str(document.get("generation") or ""),
            documents=document.get("documents"),
            node_version=str(node.get("version") or ""),
            node_running=bool(node.get("running")),
            problem=sentence(problem),
            fallbacks=int((document.get("fallbacks") or {}).get("total") or 0),
            generations=tuple(GenerationRow.read(row) for row in document.get("generations", ())),
            models=tuple(str(one["name"]) for one in document.get("models", ())),
            version=str(bridge.get("version") or ""),
            role=str(bridge.get("role") or ""),
        )


def one_line(text: Any) -> str:
    """Return a text without line ends and control characters, empty where there is none."""
    words = " ".join(str(text or "").split())
    return "".join(letter for letter in words if letter.isprintable())


def sentence(text: Any) -> str:
    """Return what the bridge says in words, in the user's language; empty where it says nothing."""
    return told(one_line(text))


def _shares(explain: Mapping[str, Any]) -> tuple[Share, ...]:
    sums: dict[str, float] = {}
    for name, value in explain.items():
        if isinstance(value, Mapping) and value.get("share"):
            part = PARTS.get(name, "rule")
            sums[part] = sums.get(part, 0.0) + float(value["share"])
    if not sums and (explain.get("keyword") or {}).get("score"):
        sums["keyword"] = 1.0  # a search by keywords alone has no shares: they made all of it
    return tuple(Share(part, sums[part]) for part in PARTS_IN_ORDER if part in sums)
