"""What people decided about products outlives a load: laid over its rows, and brought over again around the switch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.catalogue.cleaning import Product
from plugin_bridge.catalogue.recipes import embedding_text
from plugin_bridge.review import marks
from plugin_bridge.review.carrying import carry, reviewed_products


class Reviews:
    """The decisions that the live generation carries, for a load that is to take its place."""

    def __init__(self, cluster: Cluster, live: Generation | None, encoder: TextEncoder) -> None:
        """Read them; `live` is None where nothing was loaded before, and then there are none."""
        self._cluster, self._live, self._encoder = cluster, live, encoder
        self._found = {} if live is None else reviewed_products(cluster, live.index)

    def lay_over(self, products: Iterable[Product], recipe: str) -> Iterator[Product]:
        """Yield the products with people's values over the catalogue's, and the text that follows from them."""
        for product in products:
            reviewed = self._found.get(product.id)
            if reviewed is None:
                yield product
            else:
                fields = marks.lay_over(product.fields, reviewed)
                yield replace(product, fields=fields, text=embedding_text(fields, recipe))

    def bring(self, target: Generation) -> int:
        """Give `target` what was decided since; return how many of its products carry decisions."""
        return 0 if self._live is None else carry(self._cluster, self._live, target, self._encode)

    def _encode(self, generation: Generation, texts: Sequence[str]) -> np.ndarray:
        return self._encoder.encode(list(texts), role="passage")
