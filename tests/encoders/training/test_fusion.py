"""The gated fusion learns labels that only both sides together tell, and works where one side is missing."""

import numpy as np

from encoders.nets.threads import one_thread
from encoders.training.fusion import train_fusion


def made(products: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Products whose kind is in the text and whose colour is in the photo; the label is both."""
    chance = np.random.default_rng(seed)
    kinds, colours = chance.integers(0, 4, products), chance.integers(0, 4, products)
    text = np.eye(8)[kinds] * 2 + chance.normal(0, 0.3, (products, 8))
    photo = np.eye(12)[colours] * 2 + chance.normal(0, 0.3, (products, 12))
    return text, photo, kinds * 4 + colours


def right(asked: np.ndarray, gallery: np.ndarray, wanted: np.ndarray, there: np.ndarray) -> float:
    return float((there[(asked @ gallery.T).argmax(axis=1)] == wanted).mean())


def test_products_of_one_label_are_near_also_without_photo_or_text():
    text, photo, labels = made(400, 1)
    more_text, more_photo, wanted = made(100, 2)
    with one_thread():
        fuse = train_fusion(text, photo, labels, steps=120)
    gallery = fuse(text, photo)
    assert np.allclose(np.linalg.norm(gallery, axis=1), 1, atol=1e-5)
    assert right(fuse(more_text, more_photo), gallery, wanted, labels) > 0.95
    assert right(fuse(more_text, more_photo * 0), gallery, wanted // 4, labels // 4) > 0.9
    assert right(fuse(more_text * 0, more_photo), gallery, wanted % 4, labels % 4) > 0.9
