"""People's values outlive the catalogue's: through updates, new loads, decisions during a load, and rollbacks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import REVIEWED, TEXT_VECTOR
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.loading.changes import ChangeOptions, update
from plugin_bridge.loading.load import Hooks, LoadOptions, load_catalogue
from plugin_bridge.review.carrying import carry
from plugin_bridge.review.documents import Documents
from plugin_bridge.review.encoding import encoding
from plugin_bridge.review.making import make
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.values import Wanted
from plugin_bridge.storage import Storage
from tests.plugin_bridge.review.conftest import QUICK, Tagger, source

ROWS: tuple[dict[str, Any], ...] = (
    {"id": "boot", "title": "Hiking boot", "category": ["Shoes", "Boots"], "tags": ["outdoor"], "price": 90},
    {"id": "shoe", "title": "Running shoe", "category": ["Shoes", "Trainers"], "tags": ["sale"], "price": 60},
    {"id": "apple", "title": "Green apple", "category": ["Fruit"], "price": 1},
)
Load = Callable[..., Generation]


@pytest.fixture
def load(cluster: Cluster, model_store: ModelStore, tmp_path: Path, alias: str) -> Load:
    """Load rows as a new generation; changes given by id are laid over `ROWS`, None leaves a row out."""

    def run(changes: dict[str, Any] | None = None, hooks: Hooks | None = None) -> Generation:
        rows = [{**row, **((changes or {}).get(row["id"]) or {})} for row in ROWS if (changes or {}).get(row["id"], 1)]
        file = tmp_path / "products.jsonl"
        file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        options = LoadOptions(alias=alias, patience=QUICK, force=True, keep=3)
        load_catalogue(file, cluster, model_store, tmp_path / "home", options, hooks)
        live = generations.live(cluster, alias)
        assert live is not None
        return live

    return run


@pytest.fixture
def people(cluster: Cluster, storage: Storage, alias: str, model_store: ModelStore) -> Reviewer:
    return Reviewer(storage, alias, Documents(cluster, encoding(EncoderPool(model_store, 1).text), QUICK))


def accept(cluster: Cluster, people: Reviewer, product: str, field: str, value: str) -> int:
    """Suggest one value and accept it; returns the operation."""
    make(Tagger({product: [(field, value, 0.9)]}), cluster, people.live(), people.ledger, [product])
    (one,) = people.ledger.find(Wanted(product=product, field=field, value=value)).suggestions
    outcome = people.accept([one.id], "anna")
    assert outcome.conflicts == ()
    assert outcome.operation is not None
    return outcome.operation


def test_the_next_load_keeps_what_people_set_and_an_undo_gives_the_newest_catalogue(
    cluster: Cluster, load: Load, people: Reviewer
) -> None:
    load()
    category = accept(cluster, people, "shoe", "category", "Shoes > Boots")
    accept(cluster, people, "shoe", "tags", "summer")
    second = load({"shoe": {"category": ["Sale", "Shoes"], "tags": ["cheap"], "price": 55}, "boot": None})
    shoe = source(cluster, second.index, "shoe")
    assert second.name == "g002"
    assert (shoe["category"], shoe["tags"], shoe["price"]) == (["Shoes", "Boots"], ["cheap", "summer"], 55)
    assert shoe[REVIEWED]["own"] == {"category": ["Sale", "Shoes"], "tags": ["cheap"]}
    people.undo(category, "anna")
    shoe = source(cluster, second.index, "shoe")
    assert (shoe["category"], shoe["tags"]) == (["Sale", "Shoes"], ["cheap", "summer"])
    third = load({"shoe": {"category": ["Other"]}})
    assert source(cluster, third.index, "shoe")["category"] == ["Other"]  # what was taken back stays so


def test_an_update_keeps_what_people_set(
    cluster: Cluster, load: Load, people: Reviewer, model_store: ModelStore, tmp_path: Path, alias: str
) -> None:
    live = load()
    operation = accept(cluster, people, "shoe", "category", "Shoes > Boots")
    accept(cluster, people, "apple", "tags", "fresh")
    file = tmp_path / "changes.jsonl"
    rows = [
        {"id": "shoe", "category": ["Sale"], "price": 50},
        {"id": "apple", "tags": ["fruit"]},
        {"id": "boot", "price": 80},
    ]
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    for expected in ({"changed": 3, "unchanged": 0}, {"changed": 0, "unchanged": 3}):
        report = update(file, cluster, model_store, tmp_path / "home", ChangeOptions(alias=alias, patience=QUICK))
        assert {name: report.counts[name] for name in expected} == expected
        shoe = source(cluster, live.index, "shoe")
        assert (shoe["category"], shoe["price"]) == (["Shoes", "Boots"], 50)
        assert source(cluster, live.index, "apple")["tags"] == ["fruit", "fresh"]
    people.undo(operation, "anna")
    assert source(cluster, live.index, "shoe")["category"] == ["Sale"]


def test_a_decision_between_an_updates_reading_and_writing_stays(
    cluster: Cluster, load: Load, people: Reviewer, model_store: ModelStore, tmp_path: Path, alias: str
) -> None:
    live = load()
    make(Tagger({"shoe": [("category", "Shoes > Boots", 0.9)]}), cluster, people.live(), people.ledger, ["shoe"])
    (one,) = people.ledger.find(Wanted()).suggestions
    file = tmp_path / "changes.jsonl"
    file.write_bytes(orjson.dumps({"id": "shoe", "category": ["Sale"], "title": "Trail shoe"}))
    through = Cluster(cluster.url)
    asked = through.request

    def slow(method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = asked(method, path, body, **more)
        if path.endswith("_mget") and people.ledger.named([one.id])[one.id].state == "open":
            people.accept([one.id], "anna")
        return answer

    through.request = slow  # type: ignore[method-assign]
    report = update(file, through, model_store, tmp_path / "home", ChangeOptions(alias=alias, patience=QUICK))
    assert report.counts["changed"] == 1
    shoe = source(cluster, live.index, "shoe")
    assert (shoe["category"], shoe["title"]) == (["Shoes", "Boots"], "Trail shoe")
    assert shoe[REVIEWED]["own"] == {"category": ["Sale"]}


def test_what_is_decided_while_a_load_runs_is_in_the_new_generation(
    cluster: Cluster, load: Load, people: Reviewer
) -> None:
    load()
    done: list[str] = []

    def meanwhile(products: int) -> None:
        if not done:
            done.append("progress")
            accept(cluster, people, "shoe", "category", "Fruit")

    def install(cluster_: Cluster, generation: Generation) -> str:
        accept(cluster, people, "boot", "tags", "late")  # after the first look, just before the switch
        return "none in this test"

    second = load(hooks=Hooks(progress=meanwhile, install=install))
    assert source(cluster, second.index, "shoe")["category"] == ["Fruit"]
    assert source(cluster, second.index, "boot")["tags"] == ["outdoor", "late"]


def test_a_decision_that_meets_the_switch_reaches_the_generation_that_is_live_after_it(
    cluster: Cluster, load: Load, people: Reviewer, alias: str
) -> None:
    first = load()
    second = load()
    generations.switch(cluster, alias, first.index)
    make(Tagger({"shoe": [("tags", "new", 0.9)]}), cluster, people.live(), people.ledger, ["shoe"])
    (one,) = people.ledger.find(Wanted()).suggestions
    marking = people.documents.mark

    def switching(generation: Generation, *rest: Any) -> Any:
        done = marking(generation, *rest)
        generations.switch(cluster, alias, second.index)
        return done

    people.documents.mark = switching  # type: ignore[method-assign]
    assert people.accept([one.id], "anna").pending == 0
    assert source(cluster, second.index, "shoe")["tags"] == ["sale", "new"]


def test_a_rollback_brings_them_along_and_a_changed_text_its_vector(
    cluster: Cluster, load: Load, people: Reviewer, model_store: ModelStore, alias: str
) -> None:
    first = load()
    second = load()
    accept(cluster, people, "apple", "category", "Shoes > Boots")
    encoder = model_store.open_text(second.text.model, threads=1)
    expected = encoder.encode_one("Green apple Boots", role="passage")
    assert np.allclose(source(cluster, second.index, "apple")[TEXT_VECTOR], expected, atol=0.02)
    generations.switch(cluster, alias, first.index)
    assert carry(cluster, second, first, encoding(EncoderPool(model_store, 1).text)) == 1
    apple = source(cluster, first.index, "apple")
    assert apple["category"] == ["Shoes", "Boots"]
    assert np.allclose(apple[TEXT_VECTOR], expected, atol=0.02)
    assert carry(cluster, second, first) == 1  # again changes nothing
    assert source(cluster, first.index, "apple") == apple


def test_marks_stay_out_of_answers(
    cluster: Cluster, load: Load, people: Reviewer, model_store: ModelStore, alias: str
) -> None:
    from plugin_bridge.in_process import open_searcher
    from plugin_bridge.searching.planning import SearchRequest
    from plugin_bridge.settings import Settings

    live = load()
    accept(cluster, people, "shoe", "category", "Shoes > Boots")
    cluster.request("POST", f"/{live.index}/_refresh")
    with open_searcher(Settings(home=model_store.root.parent, alias=alias), cluster) as searcher:
        answer = searcher.search(SearchRequest(text="running shoe", filters={"category": "Boots"}, mode="keyword"))
        assert answer.hits[0].product["category"] == ["Shoes", "Boots"]
        names = {name for hit in answer.hits for name in hit.product} | set(searcher.product("shoe"))
        assert not [name for name in names if name.startswith("kindred_")]
