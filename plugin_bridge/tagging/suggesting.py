"""Suggestions as values: what is proposed for a product, how sure it is and why. One reader and one writer."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

CATEGORY = "category"
TAGS = "tags"
PATH_SEPARATOR = " > "


@dataclass(frozen=True)
class Suggestion:
    """One value proposed for one field of a product.

    `field` is `category`, `tags` or the name of an attribute. `value` is one value; a category path is its parts
    joined by `PATH_SEPARATOR`. `confidence` is calibrated: of all suggestions with 0.9, about 90 % are right. `sure`
    says that it clears the threshold of the wanted precision; what is not sure is for a person to decide. `evidence`
    may hold `neighbours` (list of `id`, `title`, `similarity`, `value`), `words` (list of `word`, `weight`) and
    `region` (path of a PNG).
    """

    field: str
    value: str
    confidence: float
    sure: bool
    model: str
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # `field` is a name of this class

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {**asdict(self), "evidence": dict(self.evidence)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Suggestion":
        """Return the suggestion that `to_json` wrote; unknown keys are left out."""
        return cls(
            field=str(document["field"]),
            value=str(document["value"]),
            confidence=float(document["confidence"]),
            sure=bool(document["sure"]),
            model=str(document["model"]),
            evidence=dict(document.get("evidence") or {}),
        )


@dataclass(frozen=True)
class ProductSuggestions:
    """All that is proposed for one product; `unsure` names the fields for which nothing is sure."""

    id: str
    suggestions: tuple[Suggestion, ...]
    unsure: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "id": self.id,
            "suggestions": [one.to_json() for one in self.suggestions],
            "unsure": list(self.unsure),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ProductSuggestions":
        """Return the suggestions that `to_json` wrote."""
        return cls(
            id=str(document["id"]),
            suggestions=tuple(Suggestion.from_json(one) for one in document["suggestions"]),
            unsure=tuple(str(name) for name in document.get("unsure") or ()),
        )


def join_path(parts: Sequence[str]) -> str:
    """Return a category path as one text: `Apparel > Topwear > Shirts`."""
    return PATH_SEPARATOR.join(parts)


def split_path(value: str) -> tuple[str, ...]:
    """Return the parts of a category path that `join_path` joined."""
    return tuple(value.split(PATH_SEPARATOR)) if value else ()
