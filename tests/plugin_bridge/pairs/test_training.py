"""`kindred train pairs` from a tiny encoder: installed, recorded, served without torch; refused where it must be."""

import json
import resource
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from encoders.errors import EncoderError, SourceError
from encoders.store import ModelStore
from plugin_bridge.cli import app
from plugin_bridge.errors import BridgeError, EvaluationError
from plugin_bridge.experiments import compared, find, listed
from plugin_bridge.pairs.evaluating import Evaluation
from plugin_bridge.pairs.reading import Pair, read_pair_set
from plugin_bridge.pairs.scoring import PairScorer, open_scorer
from plugin_bridge.pairs.training import Wanted, train_pairs
from plugin_bridge.pairs.vectors import Vectors
from tests.encoders.tiny import tiny_folder
from tests.plugin_bridge.pairs.shops import product_pairs, shop_folder, write_pairs


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with labelled pairs in `shop`, a tiny encoder's folder in `tiny`, and a scorer trained on both."""
    folder = tmp_path_factory.mktemp("pairs-home")
    tiny_folder(folder / "tiny", "bert")
    shop_folder(folder / "shop")
    wanted = Wanted("scorer", str(folder / "tiny"))
    train_pairs(read_pair_set(folder / "shop"), "mine", ModelStore(folder / "models"), wanted, folder, cache=folder)
    return folder


@pytest.fixture(scope="module")
def scorer(home: Path) -> PairScorer:
    return open_scorer(ModelStore(home / "models"), "mine", 1)


def test_a_trained_scorer_tells_pairs(home: Path, scorer: PairScorer) -> None:
    pairs = read_pair_set(home / "shop").test
    told = scorer.logits(pairs) >= scorer.threshold
    assert np.mean(told == [bool(pair.label) for pair in pairs]) > 0.9
    assert scorer.logits([]).shape == (0,)


def test_the_order_of_a_pair_does_not_matter(home: Path, scorer: PairScorer) -> None:
    pairs = read_pair_set(home / "shop").test[:20]
    turned = [Pair(pair.right, pair.left, pair.label) for pair in pairs]
    np.testing.assert_allclose(scorer.logits(pairs), scorer.logits(turned), atol=1e-3)


def test_a_score_is_explained(home: Path, scorer: PairScorer) -> None:
    pair = read_pair_set(home / "shop").test[0]
    told = scorer.explain(pair.left, pair.right)
    assert told["similar"] is True and told["probability"] > 0.5
    assert {one["field"] for one in told["agree"]} >= {"model number", "price"}


def test_the_record_names_what_was_made(home: Path) -> None:
    (one,) = listed(home)
    assert one.kind == "train-pairs" and one.base == "tiny" and set(one.models) == {"mine-pairs"}
    assert one.figures["test"]["f1"] > 0.85
    assert max(part["max_abs_difference"] for part in one.parity["mine-pairs"].values()) < 2e-3
    assert find(home, one.id[:5]) == one and find(home, "../etc") is None and find(home, "ffff0000") is None


def test_the_same_experiment_is_not_run_again(home: Path) -> None:
    told: list[Mapping[str, Any]] = []
    pairs, store = read_pair_set(home / "shop"), ModelStore(home / "models")
    again, before = train_pairs(pairs, "mine", store, Wanted("scorer", str(home / "tiny")), home, tell=told.append)
    assert before and again == listed(home)[0]
    assert "was run before" in told[-1]["message"]


def test_a_scorer_whose_encoder_was_changed_is_refused(home: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "models")
    shutil.copytree(home / "models", store.root)
    path = store.folder("mine-pairs") / "pairs.json"
    stated = json.loads(path.read_text())
    if "scorer" not in stated["weights"]:
        stated["weights"]["scorer"] = 1.0
    path.write_text(json.dumps({**stated, "encoder_fingerprint": "other"}))
    with pytest.raises(EncoderError, match=r"another tiny than the one|cannot be opened"):
        open_scorer(store, "mine")


def test_what_is_no_scorer_is_named(home: Path) -> None:
    with pytest.raises(EncoderError, match="'tiny' scores no pairs"):
        open_scorer(ModelStore(home / "models"), "tiny")


def test_a_base_in_a_pickle_is_refused(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(home / "tiny", folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    store = ModelStore(tmp_path / "models")
    with pytest.raises(SourceError, match="is a pickle"):
        train_pairs(read_pair_set(home / "shop"), "mine", store, Wanted("scorer", str(folder)), tmp_path)
    assert store.names() == []


def test_an_unknown_base_and_too_few_labels_are_refused(home: Path, tmp_path: Path) -> None:
    pairs, store = read_pair_set(home / "shop"), ModelStore(home / "models")
    with pytest.raises(EvaluationError, match="no 'nobert' to start from; there are all-minilm-l6-v2"):
        train_pairs(pairs, "mine", store, Wanted("scorer", "nobert"), tmp_path)
    few = read_pair_set(write_pairs(tmp_path / "few", {"train": product_pairs(5, dissimilar=0)}))
    with pytest.raises(EvaluationError, match="too few to learn from"):
        train_pairs(few, "mine", store, Wanted("scorer", str(home / "tiny")), tmp_path)
    assert listed(tmp_path) == []


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Refuse files larger than `size`, as a disk does that is full in the middle of one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_in_the_middle_of_an_export_leaves_the_store_as_it_was(home: Path) -> None:
    pairs, store = read_pair_set(home / "shop"), ModelStore(home / "models")
    before = {name: store.card(name).fingerprint for name in store.names()}
    with small_disk(300_000), pytest.raises(BridgeError, match="make room and give the same command again"):
        train_pairs(pairs, "mine", store, Wanted("scorer", str(home / "tiny"), seed=8), home)
    assert {name: store.card(name).fingerprint for name in store.names()} == before
    store.verify("mine-pairs")


def test_evaluating_beside_the_baselines(home: Path, scorer: PairScorer) -> None:
    found = Evaluation(read_pair_set(home / "shop"), "test", 1)

    def no_vectors() -> Vectors:
        raise BridgeError("there is no encoder here")

    found.baselines(no_vectors)
    found.learned()
    found.add("mine", {name: scorer.logits(side) for name, side in found.sides.items()})
    document = found.report("mine").to_json()
    wanted = {"pairs", "threshold", "f1", "precision", "recall", "accuracy", "mae", "rmse", "ci95", "variants"}
    assert wanted <= document.keys()
    assert document["variants"]["features"]["f1"] > 0.8 and document["variants"]["tfidf"]["f1"] > 0.5
    assert document["variants"]["cosine"] == {"f1": None, "reason": "there is no encoder here"}
    assert document["ci95"][0] <= document["f1"] <= document["ci95"][1]


def test_experiments_are_listed_and_compared(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_HOME", str(home))
    one = listed(home)[0]
    printed = CliRunner().invoke(app, ["experiments", "list", "--json"]).stdout
    assert json.loads(printed)["experiments"][0]["id"] == one.id
    shown = CliRunner().invoke(app, ["experiments", "show", one.id[:6], "--json"])
    assert json.loads(shown.stdout)["model"] == "mine"
    both = CliRunner().invoke(app, ["experiments", "compare", one.id, one.id, "--json"])
    assert json.loads(both.stdout)["settings"] == {}
    assert compared(one, one)["inputs"] == {}
    assert isinstance(CliRunner().invoke(app, ["experiments", "show", "0000"]).exception, BridgeError)


def test_the_command_prints_progress_lines(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_HOME", str(home))
    words = ["train", "pairs", "--data", str(home / "shop"), "--out", "mine", "--what", "scorer"]
    done = CliRunner().invoke(app, [*words, "--base", str(home / "tiny"), "--json"])
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0 and events[-1]["event"] == "result"
    assert events[-1]["result"]["recorded"] is True
    assert CliRunner().invoke(app, [*words, "--what", "magic"]).exit_code == 2
    assert CliRunner().invoke(app, ["evaluate", "pairs", "--data", str(home), "--size", "huge"]).exit_code == 2


@pytest.mark.slow
def test_everything_is_trained_and_installed(home: Path, tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []
    wanted = Wanted("all", str(home / "tiny"), epochs=1, cross_epochs=1, adapt=3)
    store = ModelStore(tmp_path / "models")
    experiment, _ = train_pairs(read_pair_set(home / "shop"), "whole", store, wanted, tmp_path, tell=told.append)
    assert set(experiment.models) == {"whole", "whole-int8", "whole-pairs"}
    assert {"adaptation", "bi_encoder", "cross_epochs", "test", "test_features_and_cross"} <= experiment.figures.keys()
    store.verify("whole")
    assert open_scorer(store, "whole", 1).logits(read_pair_set(home / "shop").test).shape[0] > 0
