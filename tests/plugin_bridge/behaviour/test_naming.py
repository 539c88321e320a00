"""A training leaves alone what recommends now, and commands find the live model by themselves."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from plugin_bridge.behaviour.model import behaviour_models
from plugin_bridge.behaviour.naming import chosen_model, free_name
from plugin_bridge.cli import app
from plugin_bridge.errors import BehaviourError
from tests.fixtures.habits import ALIAS, MODEL, Served, Shop

run = CliRunner().invoke
NOWHERE = "http://127.0.0.1:9"


def test_the_model_that_recommends_is_never_trained_over(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = served.shop
    monkeypatch.setenv("KINDRED_HOME", str(shop.home))
    monkeypatch.setenv("OPENSEARCH_URL", served.cluster.url)
    before = shop.model.fingerprint
    refused = run(app, ["train", "behaviour", "--data", str(shop.orders), "--out", MODEL])
    assert isinstance(refused.exception, BehaviourError)
    assert f"{served.published.generation}" in str(refused.exception).replace(f"{ALIAS}-", "")
    assert "leave out --out for a new name" in str(refused.exception)
    assert shop.model.fingerprint == before
    assert free_name(shop.store, "another") == "another"


def test_where_no_opensearch_answers_a_name_is_trained_again(habits: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", NOWHERE)
    assert free_name(habits.store, MODEL) == MODEL


def test_a_training_without_a_name_makes_a_new_one(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = served.shop
    monkeypatch.setenv("KINDRED_HOME", str(shop.home))
    monkeypatch.setenv("OPENSEARCH_URL", served.cluster.url)
    done = run(app, ["train", "behaviour", "--data", str(shop.orders), "--json"])
    assert done.exit_code == 0, done.exception
    name = json.loads(done.stdout.splitlines()[-1])["result"]["model"]
    try:
        assert name.startswith("behaviour-")
        assert behaviour_models(shop.store) == sorted((name, MODEL))
        # Of two, the live one is meant.
        assert chosen_model(shop.store, None, ALIAS) == MODEL
        assert chosen_model(shop.store, name, ALIAS) == name
        monkeypatch.setenv("OPENSEARCH_URL", NOWHERE)
        with pytest.raises(BehaviourError, match=f"say which model of behaviour with --model .*{name}"):
            chosen_model(shop.store, None, ALIAS)
    finally:
        shutil.rmtree(shop.store.folder(name))
    assert chosen_model(shop.store, None, ALIAS) == MODEL
