"""Documents as they are indexed: a product's fields, its vectors, and what Kindred keeps beside them."""

import hashlib
from typing import Any

import numpy as np
import orjson

from opensearch.mappings import IMAGE_HASH, IMAGE_VECTOR, ROW, TEXT_HASH, TEXT_VECTOR, TIE
from plugin_bridge.catalogue.cleaning import Product
from plugin_bridge.loading.photos import Photo

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def document(product: Product, vector: np.ndarray | None, photo: Photo | None) -> bytes:
    """Return the JSON of a whole document. A product without any text has no text vector, and is found by words."""
    source: dict[str, Any] = {
        **product.fields,
        TIE: tie_of(product.id),
        ROW: product.line,
        TEXT_HASH: text_hash(product.text),
    }
    if vector is not None:
        source[TEXT_VECTOR] = vector
    if photo is not None and photo.vector is not None:
        source[IMAGE_VECTOR] = photo.vector
        source[IMAGE_HASH] = photo.hash
    return serialise(source)


def serialise(source: dict[str, Any]) -> bytes:
    """Return JSON on one line; numpy vectors are written in the shortest form that reads back the same."""
    return orjson.dumps(source, option=_OPTIONS)


def tie_of(identity: str) -> float:
    """Return a number in [0, 1) that depends on the id alone: it breaks ties between equal scores."""
    digest = hashlib.blake2b(identity.encode(), digest_size=3).digest()
    return int.from_bytes(digest) / 2**24  # 24 bits: a float field holds it exactly


def text_hash(text: str) -> str:
    """Return what tells whether a product's text has to be encoded again."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
