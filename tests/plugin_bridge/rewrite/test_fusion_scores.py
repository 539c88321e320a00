"""What a product's fused score is made of, in numbers: on a real node, from its keyword score and its cosine."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Fusion, Generation
from opensearch.mappings import TEXT_VECTOR
from plugin_bridge.rewrite import bodies
from plugin_bridge.rewrite.fusion import TIE_WEIGHT
from tests.fixtures.bridge import TEXT_MODEL, drop_alias, load_products

ALIAS = "fusion-scores"
QUERY = "warm my feet on cold tiles"
MEANT = {"id": "meant", "title": "Radiant floor heating mat"}
ONE_WORD = [{"id": f"cold{number}", "title": f"Dispenser {number} for cold water"} for number in range(3)]
MANY_WORDS = {"id": "many", "title": "Cold tiles for warm feet, a book of poems"}
OTHERS = [{"id": f"other{number}", "title": f"Steel bracket of size {number}"} for number in range(120)]
NO_BONUS = Fusion(k=1, phrase_weight=0.0, all_words=0.0)


@pytest.fixture(scope="module")
def loaded(cluster: Cluster, model_store: ModelStore) -> Iterator[Generation]:
    """120 products that have nothing to do with the query, and five that have."""
    drop_alias(cluster, ALIAS)
    yield load_products(cluster, model_store, ALIAS, [*OTHERS, *ONE_WORD, MANY_WORDS, MEANT])
    drop_alias(cluster, ALIAS)


def scores(cluster: Cluster, generation: Generation, body: dict) -> dict[str, float]:
    answer = cluster.search(generation.index, {**body, "size": 50}, search_pipeline="_none")
    return {hit["_id"]: hit["_score"] for hit in answer["hits"]["hits"]}


def cosine_of(cluster: Cluster, generation: Generation, one: str, query: np.ndarray) -> float:
    """Return the cosine with the vector as it was stored; int8 varies a little with the texts encoded beside it."""
    stored = cluster.request("GET", f"/{generation.index}/_doc/{one}")["_source"][TEXT_VECTOR]
    return float(np.asarray(stored) @ query)


def test_only_products_that_a_vector_found_are_compared(
    cluster: Cluster, model_store: ModelStore, loaded: Generation
) -> None:
    encoder = model_store.open_text(TEXT_MODEL, threads=1)
    query = encoder.encode_one(QUERY)
    cosine = {one["id"]: cosine_of(cluster, loaded, one["id"], query) for one in (MEANT, MANY_WORDS, *ONE_WORD)}
    generation = replace(loaded, fusion=NO_BONUS, floor=0.3, word_floor=0.2)
    words = scores(cluster, generation, bodies.keyword_body(QUERY, generation))
    fused = scores(cluster, generation, bodies.hybrid_body(QUERY, generation, encoder.encode_one, encoder.knows))
    half = 5.0 * 3  # title^3
    assert words["many"] > words["cold0"] > 0
    nearest = max(cosine, key=lambda one: cosine[one])
    for one, score in fused.items():
        keyword = words.get(one, 0.0)
        near = cosine[one] if one == nearest else 2 * 0.2 - 0.3  # word_floor is halfway between neutral and floor
        expected = keyword / (keyword + half) + NO_BONUS.text_weight * (1 + near)
        assert score == pytest.approx(expected, abs=1e-3 + TIE_WEIGHT), one
    assert set(fused) == {nearest, "many", *(one["id"] for one in ONE_WORD)}


def test_a_product_that_shares_one_word_of_a_long_query_does_not_stand_before_one_that_means_it(
    cluster: Cluster, model_store: ModelStore, loaded: Generation
) -> None:
    encoder = model_store.open_text(TEXT_MODEL, threads=1)
    meant = cosine_of(cluster, loaded, "meant", encoder.encode_one(QUERY))
    # Nonsense comes within 0.1 of the product that is meant, as it does in a large catalogue.
    generation = replace(loaded, fusion=replace(NO_BONUS, k=2), floor=meant + 0.15, word_floor=meant - 0.1)
    fused = scores(cluster, generation, bodies.hybrid_body(QUERY, generation, encoder.encode_one, encoder.knows))
    order = sorted(fused, key=lambda one: -fused[one])
    assert order.index("meant") < min(order.index(one["id"]) for one in ONE_WORD)
