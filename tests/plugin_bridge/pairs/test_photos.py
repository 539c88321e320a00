"""Photos as a feature of pairs: they tell products apart where titles say nothing; a missing one is unknown."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from encoders.store import ModelStore
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.photos import Photos, photos_of
from plugin_bridge.pairs.reading import identity, read_pair_set
from plugin_bridge.pairs.scoring import open_scorer
from plugin_bridge.pairs.training import Wanted, train_pairs
from plugin_bridge.pairs.weights import learn_weights
from tests.encoders.tiny import tiny_folder
from tests.fixtures.tiny_models import TINY_PHOTO, make_photo
from tests.plugin_bridge.pairs.shops import write_pairs


def _product(folder: Path, name: str, colours: np.ndarray) -> dict[str, Any]:
    """A product whose photo has four stripes of these colours; every title is the same."""
    picture = np.repeat(np.repeat(colours[None], 16, axis=0), 4, axis=1).astype(np.uint8)
    Image.fromarray(picture).save(folder / f"{name}.png")
    return {"id": name, "title": "garden chair", "image": f"{name}.png"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with photographed pairs in `shop`, two tiny encoders, and a scorer that learned from both."""
    home = tmp_path_factory.mktemp("photo-home")
    shop = home / "shop"
    shop.mkdir()
    chance = np.random.default_rng(1)
    splits = {}
    for split, count in (("train", 60), ("valid", 30), ("test", 30)):
        rows = []
        for number in range(count):
            colours = chance.integers(0, 256, (4, 3))
            other = colours if number % 3 == 0 else chance.integers(0, 256, (4, 3))
            sides = [_product(shop, f"{split}{number}{side}", one) for side, one in (("a", colours), ("b", other))]
            rows.append({"left": sides[0], "right": sides[1], "label": int(number % 3 == 0)})
        splits[split] = rows
    write_pairs(shop, splits)
    tiny_folder(home / "tiny", "bert")
    (home / "models").mkdir()
    make_photo(home / "models" / TINY_PHOTO)
    wanted = Wanted("scorer", str(home / "tiny"))
    train_pairs(
        read_pair_set(shop), "seen", ModelStore(home / "models"), wanted, home, cache=home, image_model=TINY_PHOTO
    )
    return home


def test_photos_tell_what_titles_do_not(home: Path) -> None:
    pairs, store = read_pair_set(home / "shop"), ModelStore(home / "models")
    truth = np.asarray([pair.label for pair in pairs.test])
    scorer = open_scorer(store, "seen", 1, home / "shop")
    assert np.mean((scorer.logits(pairs.test) >= scorer.threshold) == truth) > 0.9
    blind = open_scorer(store, "seen", 1)
    assert np.ptp(blind.logits(pairs.test)) < 1e-3  # all titles are the same


def test_a_photo_that_cannot_be_read_is_unknown(home: Path) -> None:
    photos = Photos(ModelStore(home / "models").open_image(TINY_PHOTO, 1), home / "shop")
    one = read_pair_set(home / "shop").test[0].left
    others = [{"id": "gone", "image": "none.png"}, {"id": "away", "image": "../secret.png"}, {"id": "bare"}]
    found = photos.vectors([one, *others])
    assert list(found) == [identity(one)]
    comparer = Comparer(learn_weights(["garden chair"]), found)
    assert comparer.features(one, one)["photo_alike"] == pytest.approx(1, abs=1e-5)
    assert all(math.isnan(comparer.features(one, other)["photo_alike"]) for other in others)


def test_without_photos_or_their_encoder_none_are_read(home: Path) -> None:
    pairs, store = read_pair_set(home / "shop"), ModelStore(home / "models")
    assert photos_of([{"title": "chair"}], home / "shop", store, TINY_PHOTO, 1) is None
    assert photos_of(pairs.products, home / "shop", store, "no-such-encoder", 1) is None
