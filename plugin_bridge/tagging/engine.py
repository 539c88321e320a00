"""The interface behind which every tagger stands, and what it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from plugin_bridge.tagging.suggesting import ProductSuggestions


@dataclass(frozen=True)
class TaggedInput:
    """One product to be tagged.

    `fields` are its cleaned fields as the catalogue has them (`title`, `description`, `brand`, ...); an engine never
    reads the field that it proposes a value for. `photo` is the file of its photo. `text_vector` and `image_vector`
    are the vectors that the live generation keeps, where it has them: (dimension,) float32 of length 1.
    """

    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    photo: Path | None = None
    text_vector: np.ndarray | None = None
    image_vector: np.ndarray | None = None


class Engine(Protocol):
    """Proposes values for fields of products."""

    @property
    def name(self) -> str:
        """The name under which its suggestions are stored, such as `neighbours` or a trained model's name."""

    @property
    def version(self) -> str:
        """A hash of all that decides what it suggests."""

    def suggest(self, products: Sequence[TaggedInput]) -> list[ProductSuggestions]:
        """Return suggestions, one entry for each product, in order."""
