"""Labelled neighbours vote through a real OpenSearch; `kindred tag` shows what they say."""

import json
import os
import subprocess
import sys

import pytest

from encoders.store import ModelStore
from opensearch.client import Cluster
from plugin_bridge.errors import BridgeError
from plugin_bridge.tagging.engine import TaggedInput
from plugin_bridge.tagging.labels import read_labelled
from plugin_bridge.tagging.making import Encoders, make_tagger
from plugin_bridge.tagging.neighbours import NeighbourEngine
from plugin_bridge.tagging.opening import living_paths, open_engine
from tests.fixtures.bridge import TEXT_MODEL, drop_alias, load_products
from tests.fixtures.tiny_models import TINY_PHOTO
from tests.plugin_bridge.tagging import shop

ALIAS = "test-tagging"
UNLABELLED = {"id": "new", "title": "Lune plain boot 999", "image": "0.png"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shop.write(tmp_path_factory.mktemp("neighbour-shop"), shop.rows(160))


@pytest.fixture(scope="module")
def generation(cluster: Cluster, bridge_store: ModelStore, folder):
    """The shop, and one product without any label."""
    from encoders.pictures import load_picture

    drop_alias(cluster, ALIAS)
    rows = shop.rows(160)
    photos = {row["id"]: load_picture(folder / row["image"], name=row["image"]) for row in rows}
    yield load_products(cluster, bridge_store, ALIAS, [*rows, UNLABELLED], photos=photos)
    drop_alias(cluster, ALIAS)


@pytest.fixture(scope="module")
def engine(cluster, generation, bridge_store):
    text, photo = bridge_store.open_text(TEXT_MODEL, 1), bridge_store.open_image(TINY_PHOTO, 1)
    return NeighbourEngine(cluster, generation, text, photo)


def test_neighbours_suggest_without_training(engine, folder):
    asked = TaggedInput("new", UNLABELLED, photo=folder / "0.png")
    colour = next(row["colour"] for row in shop.rows(160) if row["image"] == "0.png")
    found = engine.suggest([asked])[0]
    by_field = {one.field: one for one in reversed(found.suggestions)}
    assert engine.fields == ["category", "colour", "tags"]
    assert by_field["category"].value.startswith("Shoes")
    assert by_field["colour"].value == colour and by_field["colour"].sure
    why = by_field["colour"].evidence["neighbours"]
    assert why and all(one["value"] == colour and one["id"] != "new" for one in why)
    assert len(engine.version) == 32 and engine.name == "neighbours"


def test_a_product_does_not_vote_for_itself(engine):
    row = shop.rows(160)[0]
    near = engine.neighbours([TaggedInput(row["id"], row)])[0]
    assert near and row["id"] not in {one.id for one in near}
    assert all(-1.001 <= one.similarity <= 1.001 for one in near)


def test_a_product_with_nothing_is_unsure_of_everything(engine):
    found = engine.suggest([TaggedInput("nothing", {}), TaggedInput("new", UNLABELLED)])
    assert found[0].suggestions == () and set(found[0].unsure) == {"category", "colour", "tags"}
    assert found[1].suggestions


def test_a_generation_without_labels_says_so(cluster, bridge_store):
    alias = "test-tagging-bare"
    drop_alias(cluster, alias)
    bare = load_products(cluster, bridge_store, alias, [{"id": "1", "title": "Boot"}, {"id": "2", "title": "Hat"}])
    try:
        with pytest.raises(BridgeError, match="nobody can vote"):
            open_engine(None, cluster, bare, bridge_store)
        assert living_paths(cluster, bare, ["Gone"]) == ["Gone"]  # tagging begins here
    finally:
        drop_alias(cluster, alias)


def test_categories_that_no_product_has_are_not_alive(cluster, generation, bridge_store, folder):
    assert living_paths(cluster, generation, ["Shoes > Boots", "Shoes > Clogs"]) == ["Shoes > Boots"]
    rows = shop.rows(160) + [
        {"id": f"old{n}", "title": f"wooden clog {n}", "category": ["Shoes", "Clogs"]} for n in range(9)
    ]
    old = shop.write(folder.parent / "old-shop", [{**row, "colour": row.get("colour", "red")} for row in rows])
    encoders = Encoders(bridge_store.open_text(TEXT_MODEL, 1))
    name = "old-tagger"
    make_tagger(read_labelled(old), ["category"], encoders, bridge_store, name)
    asked = [TaggedInput("x", {"title": "wooden clog"})]
    here = open_engine(name, cluster, generation, bridge_store).suggest(asked)[0]
    assert all("Clogs" not in one.value for one in here.suggestions)


def run(cluster, store, *arguments, code=0):
    environment = {
        **os.environ,
        "KINDRED_HOME": str(store.root.parent),
        "KINDRED_ALIAS": ALIAS,
        "OPENSEARCH_URL": cluster.url,
    }
    command = [sys.executable, "-m", "plugin_bridge", *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def home_store(bridge_store, tmp_path_factory) -> ModelStore:
    home = tmp_path_factory.mktemp("tag-home")
    (home / "models").symlink_to(bridge_store.root, target_is_directory=True)
    return ModelStore(home / "models")


def test_the_command_shows_suggestions_and_refuses_what_is_not_there(cluster, generation, home_store, folder):
    found = json.loads(run(cluster, home_store, "tag", "new", "--json").stdout)
    assert found["model"] == "neighbours" and [one["id"] for one in found["products"]] == ["new"]
    assert {"field", "value", "confidence", "sure", "evidence"} <= set(found["products"][0]["suggestions"][0])
    only = json.loads(run(cluster, home_store, "tag", "--all", "--fields", "colour", "--json").stdout)
    assert len(only["products"]) == 161
    assert {one["field"] for product in only["products"] for one in product["suggestions"]} == {"colour"}
    shown = run(cluster, home_store, "tag", folder / "products.jsonl").stdout
    assert "p0  Lune plain shirt 0" in shown and "neighbours" in shown
    assert "there is no product 'absent'" in run(cluster, home_store, "tag", "absent", code=1).stderr
    run(cluster, home_store, "tag", code=2)


def test_training_and_evaluating_at_the_command_line(cluster, home_store, folder, generation):
    common = ("--data", folder, "--json")
    done = run(cluster, home_store, "train", "tags", *common, "--out", "cli-tagger", "--image-model", TINY_PHOTO)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "result" and events[-1]["result"]["model"] == "cli-tagger"
    assert {event["event"] for event in events} == {"progress", "figures", "log", "result"}
    report = json.loads(run(cluster, home_store, "evaluate", "tags", *common, "--model", "cli-tagger").stdout)
    assert report["model"] == "cli-tagger" and report["accuracy"] > 0.9 and "kindred, photo" in report["variants"]
    found = json.loads(run(cluster, home_store, "tag", "new", "--model", "cli-tagger", "--json").stdout)
    why = found["products"][0]["suggestions"][0]["evidence"]
    assert why["words"][0]["word"] == "boot"
    assert "Boots" in why["neighbours"][0]["value"]
    empty = folder.parent / "empty"
    empty.mkdir()
    refused = run(cluster, home_store, "train", "tags", "--data", empty, "--out", "none", code=1)
    assert "there is no products.jsonl" in refused.stderr
