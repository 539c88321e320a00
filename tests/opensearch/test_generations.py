"""Generations on a real node: what is written down is read back, and one call switches."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensearch import generations
from opensearch.client import Cluster
from opensearch.errors import ClusterRefusedError, GenerationError
from opensearch.generations import EncoderRef, Fusion, Generation

ALIAS = "test-generations"
TEXT = EncoderRef("tiny", "f" * 32, 4)


@pytest.fixture
def alias(cluster: Cluster) -> Iterator[str]:
    cluster.request("DELETE", f"/{ALIAS}*")
    yield ALIAS
    cluster.request("DELETE", f"/{ALIAS}*")


def complete(cluster: Cluster, generation: Generation) -> Generation:
    return generations.update_meta(cluster, replace(generation, complete=True))


refs = st.builds(EncoderRef, model=st.text(max_size=9), fingerprint=st.text(max_size=9), dimension=st.integers(1, 999))


@given(
    st.builds(
        Generation,
        alias=st.just("a"),
        number=st.integers(1, 9999),
        index=st.just("a-g001"),
        text=refs,
        image=st.none() | refs,
        fusion=st.builds(Fusion, k=st.integers(1, 500), text_weight=st.floats(0, 9)),
        floor=st.floats(0, 1),
        created=st.text(max_size=20),
        complete=st.booleans(),
        documents=st.integers(0, 10**9),
        lexical=st.lists(st.text(max_size=9), max_size=4).map(tuple),
    )
)
def test_the_record_reads_back(generation: Generation) -> None:
    assert generations.from_meta("a-g001", generations.to_meta(generation)) == generation


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 99}, "version 99"),
        ({"text": None}, "cannot be read"),
        ({"surprise": 1}, "cannot be read"),
        ({"fusion": {"nope": 1}}, "cannot be read"),
    ],
)
def test_a_record_that_cannot_be_read_names_the_index(change: dict, words: str) -> None:
    record = generations.to_meta(Generation("a", 1, "a-g001", TEXT, None)) | change
    with pytest.raises(GenerationError, match=f"index a-g001: .*{words}"):
        generations.from_meta("a-g001", record)


def test_create_read_switch_roll_back_drop(cluster: Cluster, alias: str) -> None:
    assert generations.live(cluster, alias) is None
    assert generations.previous(cluster, alias) is None
    first = generations.create(cluster, alias, text=TEXT)
    second = generations.create(cluster, alias, text=TEXT, image=EncoderRef("eye", "0", 8), fusion=Fusion(k=7))
    assert (first.index, first.name, second.index) == (f"{alias}-g001", "g001", f"{alias}-g002")
    assert generations.read(cluster, second.index) == second
    assert generations.history(cluster, alias) == [first, second]

    first, second = complete(cluster, first), complete(cluster, second)
    generations.switch(cluster, alias, first.index)
    assert generations.live(cluster, alias) == first
    generations.switch(cluster, alias, second.index)
    assert generations.live_indices(cluster, alias) == [second.index]
    assert generations.previous(cluster, alias) == first
    generations.switch(cluster, alias, second.index)  # again is no fault
    assert generations.live(cluster, alias) == second

    with pytest.raises(GenerationError, match="is live"):
        generations.drop(cluster, second)
    generations.drop(cluster, first)
    generations.drop(cluster, first)  # gone is gone
    assert generations.history(cluster, alias) == [second]
    third = generations.create(cluster, alias, text=TEXT)
    assert third.number == 3


def test_a_half_built_generation_is_no_way_back(cluster: Cluster, alias: str) -> None:
    generations.create(cluster, alias, text=TEXT)
    live = complete(cluster, generations.create(cluster, alias, text=TEXT))
    generations.switch(cluster, alias, live.index)
    assert generations.previous(cluster, alias) is None


def test_other_peoples_indices(cluster: Cluster, alias: str) -> None:
    cluster.request("PUT", f"/{alias}-green")
    cluster.request("PUT", f"/{alias}-g777")
    assert generations.history(cluster, alias) == []
    with pytest.raises(GenerationError, match="is not a generation"):
        generations.read(cluster, f"{alias}-green")
    with pytest.raises(GenerationError, match="there is no index"):
        generations.read(cluster, f"{alias}-absent")
    cluster.request("PUT", f"/{alias}-green/_alias/{alias}")
    with pytest.raises(GenerationError, match="is not a generation"):
        generations.live(cluster, alias)
    cluster.request("PUT", f"/{alias}-g777/_alias/{alias}")
    with pytest.raises(GenerationError, match="several indices"):
        generations.live(cluster, alias)


def test_the_same_index_is_not_created_twice(cluster: Cluster, alias: str) -> None:
    cluster.request("PUT", f"/{alias}-g001")
    with pytest.raises(ClusterRefusedError, match="already exists"):
        generations.create(cluster, alias, text=TEXT)


@pytest.mark.parametrize("name", ["", "Upper", "-x", "a b", "a/b", "*", "_all", "ü"])
def test_names_that_are_no_alias(name: str) -> None:
    with pytest.raises(GenerationError, match="cannot name an index"):
        generations.index_name(name, 1)


def test_hits_are_mapped_as_promised(cluster: Cluster, alias: str) -> None:
    """Levels of a category filter, unknown attributes filter, and numbers that are none refuse nothing."""
    index = generations.create(cluster, alias, text=TEXT).index
    documents = [
        {"title": "red mugs", "category": ["Home", "Kitchen", "Mugs"], "size": "M", "vegan": True, "stock": 5},
        {"title": "blue mug", "category": ["Home", "Office"], "size": "L", "stock": "many", "more": {"a": 1}},
        {"title": "cup", "more": {"a": {"b": [1]}}, "description": "word " * 400_000},
    ]
    for number, document in enumerate(documents):
        cluster.request("PUT", f"/{index}/_doc/{number}", document | {"kindred_text": [1, 0, 0, number]})
    cluster.request("POST", f"/{index}/_refresh")

    def found(query: dict) -> list[str]:
        return sorted(hit["_id"] for hit in cluster.search(index, {"query": query})["hits"]["hits"])

    assert found({"term": {"category": "Home"}}) == ["0", "1"]
    assert found({"term": {"category": "Mugs"}}) == ["0"]
    assert found({"match": {"category.text": "mug"}}) == ["0"]
    assert found({"match": {"title": "mug"}}) == ["0", "1"]
    assert found({"term": {"size": "M"}}) == ["0"]
    assert found({"term": {"vegan": "true"}}) == ["0"]
    assert found({"range": {"stock": {"gte": 5}}}) == ["0"]
    assert found({"knn": {"kindred_text": {"vector": [1, 0, 0, 0], "k": 3}}}) == ["0", "1", "2"]
    body = {"query": {"match": {"description": "word"}}, "highlight": {"fields": {"description": {}}}}
    assert cluster.search(index, body)["hits"]["hits"][0]["highlight"]
