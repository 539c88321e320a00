"""What the bridge answers, as values: the same in process, over HTTP and on the command line.

The keys are those of the contract; `to_json` of a value is what is sent, and `client` reads it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Hit:
    """One product of an answer. `rank` counts from 1 over all pages; `explain` is empty unless asked for."""

    id: str
    score: float
    rank: int
    product: Mapping[str, Any]
    explain: Mapping[str, Any]


@dataclass(frozen=True)
class SearchAnswer:
    """The answer to a search. `took_ms` is the whole time; `reason` says why an answer is `degraded`."""

    query: str
    mode: str
    total: int
    took_ms: float
    degraded: bool
    hits: tuple[Hit, ...]
    generation: str
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the document of the contract; products are not copied."""
        return {**vars(self), "hits": [vars(hit) for hit in self.hits]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "SearchAnswer":
        """Read the document of the contract; keys that this version does not know are left out."""
        return cls(
            query=document["query"],
            mode=document["mode"],
            total=document["total"],
            took_ms=document["took_ms"],
            degraded=document["degraded"],
            hits=tuple(
                Hit(hit["id"], hit["score"], hit["rank"], hit["product"], hit["explain"]) for hit in document["hits"]
            ),
            generation=document["generation"],
            reason=document.get("reason"),
        )
