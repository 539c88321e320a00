"""A photo encoder is released on the project's own sample: built, compared by photos, switched, rolled back, killed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encoders.cards import read_card, write_card
from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.mappings import IMAGE_VECTOR
from plugin_bridge.errors import ReleaseError
from plugin_bridge.loading.changes import ChangeOptions, update
from plugin_bridge.loading.load import LoadOptions, load_catalogue
from plugin_bridge.plugging import unplug
from plugin_bridge.releases import candidates, records
from plugin_bridge.releases.switching import rollback
from plugin_bridge.releases.workshop import Hooks, Workshop
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage
from tests.fixtures.bridge import drop_alias, make_home
from tests.fixtures.data import ROOT
from tests.fixtures.tiny_models import TINY_PHOTO, TINY_PHOTO_DIMENSION, TINY_TEXT
from tests.plugin_bridge.releases.conftest import COARSE_PHOTO, PARITY, Shop
from tests.plugin_bridge.releases.test_killed import killed

SAMPLE = ROOT / "sample"
PRODUCTS = 120


@pytest.fixture
def sample_shop(
    cluster: Cluster, release_store: ModelStore, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """The first products of the sample, loaded with their pictures; the live photo encoder sees one colour a photo."""
    alias = "photos-" + request.node.name.removeprefix("test_").replace("_", "-")[:40].split("[")[0]
    drop_alias(cluster, alias)
    card = read_card(release_store.root / TINY_PHOTO)
    if not card.parity:
        write_card(release_store.root / TINY_PHOTO, replace(card, parity=PARITY))
    home = make_home(tmp_path / "home", release_store)
    lines = (SAMPLE / "products.jsonl").read_text(encoding="utf-8").splitlines()[:PRODUCTS]
    file = tmp_path / "products.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    options = LoadOptions(alias=alias, images=SAMPLE, text_model=TINY_TEXT, image_model=COARSE_PHOTO, threads=1, keep=3)
    load_catalogue(file, cluster, release_store, home, options)
    settings = Settings(home=home, alias=alias, threads=1)
    live = generations.live(cluster, alias)
    assert live is not None
    yield Shop(Workshop(cluster, release_store, settings, LateStorage(settings), alias, Hooks(remove=unplug)), live)
    drop_alias(cluster, alias)


def vectors(shop: Shop, index: str) -> dict[str, np.ndarray]:
    """Return the photo vectors of an index by product."""
    cluster = shop.workshop.cluster
    cluster.request("POST", f"/{index}/_refresh")
    body = {"size": 1000, "_source": [IMAGE_VECTOR], "query": {"exists": {"field": IMAGE_VECTOR}}}
    hits = cluster.search(index, body, search_pipeline="_none")["hits"]["hits"]
    return {hit["_id"]: np.asarray(hit["_source"][IMAGE_VECTOR]) for hit in hits}


def write_pairs(folder: Path, seen: dict[str, np.ndarray]) -> Path:
    """Write pairs as an encoder sees them: of each product its nearest as similar, its farthest as dissimilar."""
    folder.mkdir()
    names = sorted(seen)
    units = np.array([seen[one] / np.linalg.norm(seen[one]) for one in names])
    cosines = units @ units.T
    np.fill_diagonal(cosines, np.nan)
    for split, chosen in (("valid", range(0, len(names), 2)), ("test", range(1, len(names), 2))):
        rows = [
            {"left": names[one], "right": names[int(pick(cosines[one]))], "label": label}
            for one in chosen
            for label, pick in ((1, np.nanargmax), (0, np.nanargmin))
        ]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_photo_model_goes_live_and_back(sample_shop: Shop, tmp_path: Path) -> None:
    shop = sample_shop
    untold = shop.release(TINY_PHOTO, dry_run=True)
    told = untold.to_json()
    assert told["kind"] == "image" and told["deciding"] == ["photo_category@10", "similar_category@10"]
    assert told["comparison"]["photo_category@10"]["queries"] == PRODUCTS
    assert any("the shop's own categories decide" in note for note in told["notes"])
    # One colour a photo ranks otherwise than sixteen patches: the photos that change most are shown with their titles.
    change = told["changes"][0]
    assert change["query"].startswith("photo of ") and change["image"].startswith("pictures/")
    assert change["before"] != change["after"] and change["photo"] not in {one["id"] for one in change["after"]}
    assert told["judge_next"][0].keys() == {"query", "product", "left", "right"}

    with pytest.raises(ReleaseError, match="reads words as the live generation does"):
        candidates.find(shop.workshop, "g002")

    candidate = vectors(shop, str(untold.target))
    assert len(candidate) == PRODUCTS
    done = shop.release(TINY_PHOTO, data=write_pairs(tmp_path / "pairs", candidate))
    assert (done.id, done.verdict, done.state) == (untold.id, "better", records.RELEASED)
    found = done.to_json()
    assert {"photo_pairs_f1", "similar_pairs@10"} == set(found["deciding"])
    assert found["comparison"]["photo_pairs_f1"]["candidate"] > found["comparison"]["photo_pairs_f1"]["live"]
    assert found["comparison"]["photo_pairs_f1"]["pairs"] == PRODUCTS
    live = generations.live(shop.workshop.cluster, shop.alias)
    assert live is not None and live.image is not None and (live.image.model, live.text) == (TINY_PHOTO, shop.live.text)
    assert done.step("proof")["holds"] and untold.step("copy")["encoded"] == PRODUCTS
    assert (live.floor, live.word_floor) == (shop.live.floor, shop.live.word_floor)

    # A picture that changes now is read again by both encoders, each for its own generation.
    cluster = shop.workshop.cluster
    jumper = "fishermans-rib-jumper"
    file = tmp_path / "changes.jsonl"
    file.write_text(json.dumps({"id": jumper, "image": "pictures/balloon-whisk.webp"}) + "\n")
    options = ChangeOptions(alias=shop.alias, images=SAMPLE, threads=1)
    update(file, cluster, shop.workshop.store, shop.workshop.settings.home, options)
    changed = vectors(shop, shop.alias)[jumper]
    assert not np.allclose(changed, candidate[jumper]) and changed.shape == (TINY_PHOTO_DIMENSION,)
    old = vectors(shop, shop.live.index)[jumper]
    assert rollback(shop.workshop).live == shop.live.index
    assert not np.allclose(vectors(shop, shop.alias)[jumper], old)
    assert {one.shape for one in vectors(shop, shop.alias).values()} == {(3,)}


@pytest.mark.parametrize("point", ("copy", "ready", "switched"))
def test_a_killed_release_of_a_photo_model_ends_whole(sample_shop: Shop, point: str) -> None:
    shop = sample_shop
    killed(shop, point, TINY_PHOTO)
    length = TINY_PHOTO_DIMENSION if point == "switched" else 3
    assert [one.shape for one in vectors(shop, shop.alias).values()] == [(length,)] * PRODUCTS
    assert shop.release(TINY_PHOTO, force=True, worse=True).state == records.RELEASED
    assert [one.shape for one in vectors(shop, shop.alias).values()] == [(TINY_PHOTO_DIMENSION,)] * PRODUCTS
    rollback(shop.workshop)
    assert [one.shape for one in vectors(shop, shop.alias).values()] == [(3,)] * PRODUCTS


def test_judged_queries_are_asked_by_photos_and_by_photos_with_words(sample_shop: Shop, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (SAMPLE / "products.jsonl").read_text().splitlines()[:PRODUCTS]]
    categories: dict[str, list[str]] = {}
    for row in rows:
        categories.setdefault(row["category"][-1], []).append(row["id"])
    judged = {name: ids for name, ids in categories.items() if len(ids) > 2}
    (tmp_path / "queries.tsv").write_text("".join(f"q{n}\t{name}\n" for n, name in enumerate(judged)))
    grades = (f"q{n}\t0\t{one}\t3\n" for n, ids in enumerate(judged.values()) for one in ids)
    (tmp_path / "qrels.txt").write_text("".join(grades))
    found = sample_shop.release(TINY_PHOTO, dry_run=True, data=tmp_path).to_json()
    for name in ("photo_ndcg@10", "photo_words_ndcg@10"):
        measure = found["comparison"][name]
        assert measure["queries"] == len(judged) and 0 < measure["live"] <= 1
    # The words alone say most of it, so that a photo beside them changes less than a photo alone.
    assert found["comparison"]["photo_words_ndcg@10"]["live"] > found["comparison"]["photo_ndcg@10"]["live"]


def test_photos_that_are_gone_and_a_shop_without_photos_are_told(sample_shop: Shop, new_shop, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    settings = sample_shop.workshop.settings.model_copy(update={"images": moved})
    gone = replace(sample_shop, workshop=replace(sample_shop.workshop, settings=settings))
    with pytest.raises(ReleaseError, match=rf"{PRODUCTS} products of .* have a photo, and 0 could be read again"):
        gone.release(TINY_PHOTO)
    assert generations.live(sample_shop.workshop.cluster, sample_shop.alias).image.model == COARSE_PHOTO
    # The same release goes on where the photos are.
    assert sample_shop.release(TINY_PHOTO, force=True, worse=True).state == records.RELEASED
    with pytest.raises(ReleaseError, match="was loaded without photos, so that tiny-photo has nothing to do in it"):
        new_shop("release-no-photos").release(TINY_PHOTO)
