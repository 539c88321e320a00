"""Vectors of products that nobody bought yet are predicted from their text, and from their photo where there is one."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import EncoderRef, Generation
from plugin_bridge.behaviour.cold import fit_cold, load_cold, save_cold
from plugin_bridge.behaviour.publishing import cold_of, photos_of, vectors_of
from plugin_bridge.behaviour.training import beginnings
from plugin_bridge.errors import BehaviourError
from plugin_bridge.loading.live import live_generation
from tests.fixtures.bridge import drop_alias, load_products
from tests.fixtures.habits import ALIAS, Served, Shop

AISLES = np.eye(4, dtype=np.float32)


def contents(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray | None]]:
    """Return the aisle of products, text vectors that tell nothing of it, and photo vectors that tell it."""
    chance = np.random.default_rng(seed)
    aisle = chance.integers(0, 4, count)
    texts = chance.normal(size=(count, 6)).astype(np.float32)
    photos = AISLES[aisle] + chance.normal(scale=0.1, size=(count, 4)).astype(np.float32)
    return aisle, texts, list(photos)


def test_a_photo_tells_what_the_text_does_not() -> None:
    aisle, texts, photos = contents(200, 1)
    cold = fit_cold(texts, AISLES[aisle], "words", photos, "pictures")
    aisle, texts, photos = contents(50, 2)
    with_photo = (cold.predict(texts, photos) * AISLES[aisle]).sum(axis=1)
    without = (cold.predict(texts, [None] * 50) * AISLES[aisle]).sum(axis=1)
    assert with_photo.min() > 0.9
    assert with_photo.mean() > without.mean() + 0.3
    mixed = cold.predict(texts, [photos[0], *[None] * 49])
    np.testing.assert_allclose(mixed[0], cold.predict(texts[:1], photos[:1])[0], rtol=1e-5)
    np.testing.assert_allclose(mixed[1:], cold.predict(texts)[1:], rtol=1e-5)


def test_few_photos_tell_nothing(tmp_path: Path) -> None:
    aisle, texts, photos = contents(200, 1)
    cold = fit_cold(texts, AISLES[aisle], "words", [*photos[:20], *[None] * 180], "pictures")
    assert cold.both.shape == (0, 4)
    np.testing.assert_array_equal(cold.predict(texts, photos), cold.predict(texts))
    read = load_cold(save_cold(tmp_path / "cold.npz", cold))
    assert read.fits("words", "pictures")
    assert not read.fits("words", "")
    np.testing.assert_array_equal(read.text, cold.text)
    (tmp_path / "cold.npz").write_bytes(b"PK")
    with pytest.raises(BehaviourError, match=r"cold\.npz cannot be read"):
        load_cold(tmp_path / "cold.npz")


def test_a_document_with_a_photo_gets_its_vector_from_both(habits: Shop) -> None:
    model = habits.model
    chance = np.random.default_rng(5)
    count, width = 60, model.parts.vectors.shape[1]
    texts, pictures = chance.normal(size=(count, 5)), chance.normal(size=(count, 3))
    aims = chance.normal(size=(count, width))
    cold = fit_cold(texts, aims, "words", list(pictures), "pictures")
    words, photos = EncoderRef("w", "words", 5), EncoderRef("p", "pictures", 3)
    target = Generation("shop", 1, "shop-g001", words, photos)
    page = [
        {"_id": "new-1", "_source": {"kindred_text": texts[0].tolist(), "kindred_image": pictures[0].tolist()}},
        {"_id": "new-2", "_source": {"kindred_text": texts[1].tolist()}},
        {"_id": "new-3", "_source": {}},
    ]
    first, second, third = vectors_of(page, target, replace(model, cold=cold), Counter())
    np.testing.assert_allclose(first, cold.predict(texts[:1], [pictures[0]])[0], atol=1e-5)
    np.testing.assert_allclose(second, cold.predict(texts[1:2])[0], atol=1e-5)
    assert third is None
    other = replace(target, image=EncoderRef("q", "other pictures", 3))
    found = vectors_of(page, other, replace(model, cold=cold), Counter())[0]
    np.testing.assert_allclose(found, cold.predict(texts[:1])[0], atol=1e-5)


def test_where_the_encoders_differ_it_is_learnt_from_the_catalogue_and_kept(served: Served) -> None:
    model = served.shop.model
    live = live_generation(served.cluster, ALIAS)
    assert cold_of(served.cluster, live, model) is model.cold
    other = replace(live, text=replace(live.text, fingerprint="another encoder"))
    learnt = cold_of(served.cluster, other, model)
    try:
        assert learnt is not None
        assert learnt.fits("another encoder", "")
        assert cold_of(served.cluster, other, served.shop.model).text.tolist() == learnt.text.tolist()
    finally:
        (model.folder / "catalogue.npz").unlink()


def test_networks_begin_from_titles_and_from_the_photos_that_the_live_generation_has(
    cluster: Cluster, bridge_store: ModelStore
) -> None:
    assert photos_of(cluster, "pictures", ["sofa"]) == {}, "nothing is live"
    pictures = {name: np.full((8, 8, 3), shade, np.uint8) for name, shade in (("pan", 20), ("sofa", 220))}
    load_products(cluster, bridge_store, "pictures", photos=pictures)
    try:
        found = photos_of(cluster, "pictures", ["gone", "sofa", "kettle", "pan"])
    finally:
        drop_alias(cluster, "pictures")
    assert sorted(found) == [1, 3]
    texts = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    known = beginnings(texts, found, 4)
    assert known is not None
    np.testing.assert_array_equal(known[:, :3], texts)
    np.testing.assert_array_equal(known[[1, 3], 3:], [found[1], found[3]])
    np.testing.assert_allclose(known[0, 3:], (found[1] + found[3]) / 2, rtol=1e-6)
    assert beginnings(texts, {}, 4) is texts
