"""Photos of products as pairs read them: vectors by the image encoder, for those products whose photo can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.images import ImageEncoder
from encoders.store import ModelStore
from plugin_bridge.loading.photos import encode_photos
from plugin_bridge.pairs.reading import Product, identity


@dataclass(frozen=True)
class Photos:
    """An image encoder, and the folder that the products' `image` is in."""

    encoder: ImageEncoder
    folder: Path

    def vectors(self, products: Sequence[Product]) -> dict[str, np.ndarray]:
        """Return a vector of length 1 by the product's identity; a product without a readable photo is not in it."""
        with_one = {identity(product): str(product["image"]) for product in products if product.get("image")}
        found = encode_photos(list(with_one.values()), self.folder, self.encoder)
        return {
            key: photo.vector
            for key, photo in zip(with_one, found, strict=True)
            if photo is not None and photo.vector is not None
        }


def photos_of(products: Sequence[Product], folder: Path, store: ModelStore, model: str, threads: int) -> Photos | None:
    """Return what reads these products' photos; None where no product has one, or `model` is not in the store."""
    if model not in store.names() or not any(product.get("image") for product in products):
        return None
    return Photos(store.open_image(model, threads), folder)
