"""A trained tagger's suggestions with the nearest labelled products that agree, found in the live generation."""

from collections.abc import Sequence
from dataclasses import replace

from plugin_bridge.tagging.engine import Engine, TaggedInput
from plugin_bridge.tagging.neighbours import NeighbourEngine, evidence
from plugin_bridge.tagging.suggesting import ProductSuggestions


class WithNeighbours:
    """An engine whose suggestions also carry `neighbours` as evidence; what it suggests stays as it is."""

    def __init__(self, engine: Engine, neighbours: NeighbourEngine) -> None:
        self._engine, self._neighbours = engine, neighbours

    @property
    def name(self) -> str:
        """The name of the engine that suggests."""
        return self._engine.name

    @property
    def version(self) -> str:
        """The version of the engine that suggests."""
        return self._engine.version

    def suggest(self, products: Sequence[TaggedInput]) -> list[ProductSuggestions]:
        """Return the engine's suggestions, each with the nearest labelled products that have its value."""
        made = self._engine.suggest(products)
        found = []
        for one, near in zip(made, self._neighbours.neighbours(products), strict=True):
            suggestions = []
            for suggestion in one.suggestions:
                agreeing = evidence(near, suggestion.field, suggestion.value)
                more = {"neighbours": agreeing} if agreeing else {}
                suggestions.append(replace(suggestion, evidence={**suggestion.evidence, **more}))
            found.append(replace(one, suggestions=tuple(suggestions)))
        return found
