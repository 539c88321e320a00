"""Vectors of the products of a set, made once and kept in the cache by what they were made from."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from encoders.homes import cache_home
from encoders.store import ModelStore
from plugin_bridge.errors import BridgeError
from plugin_bridge.pairs.baselines import product_text
from plugin_bridge.pairs.reading import Product, identity

__all__ = ["Vectors", "encoded", "product_text", "raw"]

_LETTERS = 700  # of a product's text that are encoded: the first hundred tokens or so

Vectors = dict[str, np.ndarray]


def encoded(
    products: Sequence[Product], store: ModelStore, model: str, threads: int = 0, cache: Path | None = None
) -> Vectors:
    """Return vectors of length 1 by a text encoder of the store, by the product's identity."""
    card = store.card(model)
    encode = lambda texts: store.open_text(model, threads).encode(texts)  # noqa: E731
    return _kept(products, card.fingerprint, encode, cache)


def raw(products: Sequence[Product], model: str, cache: Path | None = None) -> Vectors:
    """Return unnormalised vectors by a text encoder that Kindred ships, in torch; BridgeError where that is missing."""
    try:
        from encoders.export.build import TEXT_MODELS
        from encoders.export.raw import raw_vectors
    except ImportError as error:
        raise BridgeError(
            f"raw vectors need torch and its kin ({error.name} is missing): pip install 'kindred[train]'"
        ) from error
    if model not in TEXT_MODELS:
        raise BridgeError(f"raw vectors can be had of {', '.join(TEXT_MODELS)}, not of {model}")
    return _kept(products, f"raw {model}", lambda texts: raw_vectors(TEXT_MODELS[model](), texts), cache)


def _kept(
    products: Sequence[Product], maker: str, encode: Callable[[list[str]], np.ndarray], cache: Path | None
) -> Vectors:
    texts = [product_text(product)[:_LETTERS] for product in products]
    digest = hashlib.sha256("\u0000".join([maker, *texts]).encode("utf-8", "replace")).hexdigest()[:32]
    path = (cache or cache_home() / "pair-vectors") / f"{digest}.npy"
    if path.is_file():
        table = np.load(path, allow_pickle=False)
    else:
        table = encode(texts)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.stem}.part.npy")
        np.save(draft, table)
        draft.replace(path)
    return {identity(product): vector for product, vector in zip(products, table, strict=True)}
