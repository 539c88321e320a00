"""A search in two halves is the search in one: the same products, scores and total, on a real node."""

from collections.abc import Iterator

import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.rewrite import bodies
from plugin_bridge.rewrite.halves import MOST, halves
from plugin_bridge.rewrite.reading import Clause
from tests.fixtures.bridge import TEXT_MODEL, drop_alias, load_products

ALIAS = "halves"
COLOURS = ("red", "blue", "green", "white", "black", "grey")
THINGS = ("kettle", "floor mat", "desk lamp", "garden chair", "wool blanket", "steel bracket", "tea pot", "door lock")
PRODUCTS = [
    {"id": f"p{place}", "title": f"{COLOURS[place % 6]} {THINGS[place % 8]} {place}", "colour": COLOURS[place % 6]}
    for place in range(240)
]
RED: Clause = {"term": {"colour": "red"}}
TEXTS = ("kettle", "red kettle", "something to sit on outside", "tea", "warm cover for a cold night", "zxqv blorft")


@pytest.fixture(scope="module")
def loaded(cluster: Cluster, model_store: ModelStore) -> Iterator[Generation]:
    drop_alias(cluster, ALIAS)
    yield load_products(cluster, model_store, ALIAS, PRODUCTS)
    drop_alias(cluster, ALIAS)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("filters", [[], [RED]])
@pytest.mark.parametrize(("size", "offset"), [(10, 0), (7, 13), (0, 0), (MOST, 0)])
def test_the_halves_of_a_search_give_what_the_whole_gives(
    cluster: Cluster,
    model_store: ModelStore,
    loaded: Generation,
    text: str,
    filters: list[Clause],
    size: int,
    offset: int,
) -> None:
    encoder = model_store.open_text(TEXT_MODEL, threads=1)
    vector = encoder.encode_one(text)
    page = {"filters": filters, "size": size, "offset": offset}
    whole = bodies.hybrid_body(text, loaded, lambda _: vector, encoder.knows, **page)
    parts = halves(text, loaded, encoder.knows, **page)
    assert parts is not None
    expected, by_words, near = (
        cluster.search(loaded.index, body, search_pipeline="_none")
        for body in (whole, parts.by_words(), parts.near(vector))
    )
    joined = parts.joined(by_words, near)["hits"]
    assert joined["total"]["value"] == expected["hits"]["total"]["value"]
    assert [hit["_id"] for hit in joined["hits"]] == [hit["_id"] for hit in expected["hits"]["hits"]]
    scores = [hit["_score"] for hit in expected["hits"]["hits"]]
    assert [hit["_score"] for hit in joined["hits"]] == pytest.approx(scores, abs=1e-6)


def test_a_deep_page_and_an_article_number_do_not_come_apart(model_store: ModelStore, loaded: Generation) -> None:
    encoder = model_store.open_text(TEXT_MODEL, threads=1)
    assert halves("kettle", loaded, encoder.knows, filters=[], size=10, offset=MOST) is None
    assert halves("4711-b", loaded, encoder.knows, filters=[], size=10, offset=0) is None
