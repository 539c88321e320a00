"""How relevant products are for a query, as people said at the bridge."""

from collections.abc import Mapping
from statistics import median_low
from typing import Any
from uuid import uuid4

from desktop.bridge.answers import sentence
from desktop.bridge.client import Bridge
from desktop.errors import BridgeRefusedError


class Judgments:
    """What is said to a bridge about judgments. Calls wait for their answer, as the bridge's own do."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def of(self, query: str) -> Mapping[str, int]:
        """Return the rating of each product for a query: the median of what people say, the lower of two middles."""

        def reader(document: Any) -> dict[str, int]:
            said: dict[str, list[int]] = {}
            for one in document["judgments"]:
                said.setdefault(str(one["product"]), []).append(int(one["rating"]))
            return {product: median_low(ratings) for product, ratings in said.items()}

        return self._bridge.read(reader, self._bridge.ask("GET", "/v1/judgments", params={"query": query}))

    def give(self, key: str, query: str, product: str, rating: int) -> None:
        """Say how relevant a product is, 0 to 3; by its `key` that can be taken back."""
        one = {"key": key, "query": query, "product": product, "rating": rating}
        answer = self._bridge.ask("POST", "/v1/judgments", {"judgments": [one]})
        refused = self._bridge.read(lambda document: list(document.get("refused") or ()), answer)
        if refused:
            raise BridgeRefusedError(409, sentence(refused[0].get("message")), refused[0].get("field"))

    def undo(self, key: str) -> None:
        """Take a judgment back."""
        self._bridge.ask("POST", "/v1/judgments/undo", {"key": uuid4().hex, "of": key})
