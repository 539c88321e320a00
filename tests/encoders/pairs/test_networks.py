"""The networks of a pair scorer: trained on little, exported, the same in ONNX; a killed training goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from encoders.errors import ParityError, TrainingError
from encoders.export.pairs import export_cross, export_scorer, prove_logits
from encoders.export.trees import export_trees
from encoders.nets.pairs import PairNet
from encoders.scorer import run_cross, run_scorer, run_trees
from encoders.sessions import open_session
from encoders.training.pairs import bi_encoder, memory
from encoders.training.pairs.adapt import adapt
from encoders.training.pairs.augment import (
    augmented,
    shuffled_attributes,
    shuffled_span,
    without_attribute,
    without_span,
)
from encoders.training.pairs.bi_encoder import BiRecipe, TextPairs, datasets_of, train_bi_encoder, usable
from encoders.training.pairs.cross_encoder import Recipe, Texts, logits_of, train_cross_encoder
from encoders.training.pairs.scorer import ScorerRecipe, Vectored, scorer_logits, train_scorer
from tests.encoders.tiny import WIDTH, tiny_source

WORDS = [
    "red",
    "blue",
    "waterproof",
    "hiking",
    "boots",
    "coffee",
    "grinder",
    "wireless",
    "mouse",
    "garden",
    "hose",
    "yoga",
]


def _pairs(count: int, seed: int) -> Texts:
    """Pairs of word lists: similar ones share their words, dissimilar ones do not."""
    chance = np.random.default_rng(seed)
    left, right, labels = [], [], []
    for row in range(count):
        words = chance.permutation(WORDS)
        same = row % 3 == 0
        left.append(" ".join(words[:4]))
        right.append(" ".join(words[3::-1]) if same else " ".join(words[6:10]))
        labels.append(int(same))
    return Texts(left, right, np.asarray(labels), np.zeros(count, np.float32))


def _vectored(count: int, seed: int) -> Vectored:
    chance = np.random.default_rng(seed)
    left, right = chance.normal(size=(2, count, 8))
    labels = (np.arange(count) % 3 == 0).astype(int)
    right[labels == 1] = left[labels == 1] + 0.1 * chance.normal(size=(int(labels.sum()), 8))
    features = np.column_stack([labels + chance.normal(size=count), np.full(count, np.nan)])
    features[::5, 0] = np.nan
    return Vectored(left, right, features, labels)


def test_trees_are_the_same_in_onnx_with_unknown_values_too(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(600, 5)).astype(np.float32)
    labels = (rows[:, 0] * rows[:, 1] + 0.2 * chance.normal(size=600) > 0).astype(int)
    rows[chance.random(rows.shape) < 0.1] = np.nan
    rows[:, 4] = np.nan
    settings = {"objective": "binary", "num_threads": 1, "verbosity": -1, "min_data_in_leaf": 5}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, labels), 40)
    export_trees(booster.dump_model(), tmp_path / "trees.onnx")
    found = run_trees(open_session(tmp_path / "trees.onnx"), rows)
    np.testing.assert_allclose(found, booster.predict(rows, raw_score=True), atol=1e-4)


def test_the_scorer_learns_and_is_the_same_in_onnx(tmp_path: Path) -> None:
    train, valid = _vectored(240, 1), _vectored(120, 2)
    net, history = train_scorer(train, valid, ScorerRecipe(epochs=15, batch=32))
    assert max(row["f1"] for row in history) > 0.9
    own = scorer_logits(net, valid)
    np.testing.assert_allclose(own, scorer_logits(net, Vectored(valid.right, valid.left, valid.features, valid.labels)),
                               atol=1e-5)  # fmt: skip
    export_scorer(net, tmp_path / "scorer.onnx", width=8, features=2)
    found = run_scorer(open_session(tmp_path / "scorer.onnx"), valid.left, valid.right, valid.features)
    assert prove_logits("scorer", own, found)["max_abs_difference"] < 1e-3


def test_the_same_seed_gives_the_same_scorer() -> None:
    train, valid = _vectored(90, 1), _vectored(60, 2)
    one, two = (train_scorer(train, valid, ScorerRecipe(epochs=2))[0] for _ in range(2))
    np.testing.assert_array_equal(scorer_logits(one, valid), scorer_logits(two, valid))


def test_the_gate_refuses_what_is_too_far_off() -> None:
    with pytest.raises(ParityError, match=r"cross.*logits differ by up to 0\.5"):
        prove_logits("cross", np.zeros(3), np.array([0.0, 0.5, 0.0]))
    with pytest.raises(ParityError, match="no numbers"):
        prove_logits("cross", np.zeros(2), np.array([0.0, np.nan]))


class KilledError(Exception):
    """Ends a training as a kill would."""


def test_a_killed_cross_encoder_goes_on_and_is_the_same_in_onnx(tmp_path: Path) -> None:
    source = tiny_source(tmp_path / "tiny", "bert")
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    train, valid, recipe = _pairs(60, 1), _pairs(30, 2), Recipe(epochs=3, frozen=0, rate=2e-3, patience=9, tokens=24)

    def killed_after_two(event: Mapping[str, Any]) -> None:
        if event["event"] == "figures" and event["step"] == 2:
            raise KilledError

    def run(tell: Any) -> tuple[PairNet, list[dict[str, Any]]]:
        torch.manual_seed(1)
        net = PairNet(tiny_source(tmp_path / "tiny", "bert").net.transformer, WIDTH)
        return net, train_cross_encoder(net, tokenizer, train, valid, recipe, tmp_path / "work", tell, "key")

    with pytest.raises(KilledError):
        run(killed_after_two)
    told: list[Mapping[str, Any]] = []
    net, history = run(told.append)
    assert [row["epoch"] for row in history] == [0, 1, 2]
    assert [event["step"] for event in told if event["event"] == "figures"] == [3]
    assert list((tmp_path / "work" / "tensorboard").iterdir())
    own = logits_of(net, tokenizer, valid, recipe.tokens, exact=True)
    export_cross(net, tmp_path / "cross.onnx", longest=recipe.tokens)
    session = open_session(tmp_path / "cross.onnx")
    found = np.zeros(len(valid), np.float32)
    for one, two in ((valid.left, valid.right), (valid.right, valid.left)):
        found += run_cross(session, tokenizer.encode_batch(list(zip(one, two, strict=True)))) / 2
    # the batch is not padded here: the tiny tokenizer's texts have one length
    assert prove_logits("cross", own, found)["same_decision"] == 1.0


def test_a_bi_encoder_is_tuned_with_the_loss_that_is_best_on_valid(tmp_path: Path) -> None:
    pairs, other = _pairs(48, 1), _pairs(30, 2)
    train, valid = (TextPairs(one.left, one.right, one.labels) for one in (pairs, other))
    told: list[Mapping[str, Any]] = []
    made = train_bi_encoder(
        tiny_source(tmp_path / "tiny", "bert"), train, valid, BiRecipe(epochs=1, batch=16, frozen=1), tmp_path / "work",
        told.append,
    )  # fmt: skip
    assert set(made.trials) == {"ranking", "contrastive", "online", "cosent"}
    assert made.trials[made.loss] == max(made.trials.values())
    assert (made.folder / "model.safetensors").is_file()
    assert not list(made.folder.rglob("*.bin"))
    assert {event["event"] for event in told} <= {"progress", "figures", "log"}


def test_without_dissimilar_pairs_only_ranking_can_learn() -> None:
    similar = TextPairs(["a", "b"], ["c", "d"], np.array([1, 1]))
    assert usable(similar) == ("ranking",)
    assert set(datasets_of(similar, "ranking")) == {"pairs"}


def test_dissimilar_pairs_become_hard_negatives() -> None:
    pairs = TextPairs(["a", "a", "x"], ["b", "c", "y"], np.array([1, 0, 1]))
    found = datasets_of(pairs, "ranking")
    assert found["triplets"] == {"anchor": ["a"], "positive": ["b"], "negative": ["c"]}
    assert sorted([*found["pairs"]["anchor"], *found["pairs"]["positive"]]) == ["x", "y"]


def test_an_unknown_loss_is_named(tmp_path: Path) -> None:
    pairs = TextPairs(["a"], ["b"], np.array([1]))
    with pytest.raises(TrainingError, match="loss must be one of best, ranking"):
        train_bi_encoder(tiny_source(tmp_path, "bert"), pairs, pairs, BiRecipe(loss="x"), tmp_path, lambda event: None)


def test_adapting_lowers_its_own_loss(tmp_path: Path) -> None:
    source = tiny_source(tmp_path, "bert")
    losses = adapt(source, [" ".join(WORDS[at : at + 4]) for at in range(12)], steps=20, batch=8, rate=1e-3, frozen=0)
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    with pytest.raises(TrainingError, match="two different texts"):
        adapt(source, ["same", "same"])


def test_a_batch_that_does_not_fit_is_taken_in_parts_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_parts", 1)
    weight = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([weight], lr=1.0)
    told: list[Mapping[str, Any]] = []
    seen: list[int] = []

    def step(rows: np.ndarray) -> float:
        if len(rows) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.extend(rows.tolist())
        return float(len(rows))

    assert memory.smaller_batches(step, 10, optimiser, told.append) == 10
    assert seen == list(range(10))
    assert "in 4 parts now" in told[-1]["message"]


def test_one_pair_that_does_not_fit_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_parts", 1)

    def step(rows: np.ndarray) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(TrainingError, match="too little memory for one pair"):
        memory.smaller_batches(step, 4, torch.optim.SGD([torch.zeros(1)], lr=1.0), lambda event: None)


def test_a_bi_encoder_that_does_not_fit_goes_on_with_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = TextPairs([], [], np.array([]))
    tried: list[int] = []
    told: list[Mapping[str, Any]] = []

    def fit(model: Any, train: Any, valid: Any, recipe: BiRecipe, folder: Path, tell: Any) -> None:
        tried.append(recipe.batch)
        if recipe.batch > fits:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(bi_encoder, "_fit_once", fit)
    fits = 8
    bi_encoder._fit(None, nothing, nothing, BiRecipe(batch=32), Path(), told.append)
    assert tried == [32, 16, 8]
    assert [one["message"] for one in told] == [
        f"the GPU is out of memory: batches of {batch} now" for batch in (16, 8)
    ]
    fits = 1
    with pytest.raises(TrainingError, match="too little memory for two pairs: train on the CPU"):
        bi_encoder._fit(None, nothing, nothing, BiRecipe(batch=8), Path(), told.append)


def test_augmentation_keeps_what_identifies() -> None:
    chance = np.random.default_rng(1)
    for _ in range(50):
        assert "mb13pnk" in augmented("speck case mb13pnk pink hard shell for laptop", chance).split()
    assert augmented("two words", chance) == "two words"


def test_each_operator_changes_what_it_says() -> None:
    title, text = "speck case # mb13pnk pink hard shell", "fits the thirteen inch laptop"
    attributes = [title, "speck", "$ 20", text]
    seen: dict[str, set[int]] = {}
    for seed in range(40):
        shorter = without_span(attributes, np.random.default_rng(seed))
        assert len(shorter) == 4 and set(" ".join(shorter).split()) <= set(" ".join(attributes).split())
        assert "mb13pnk" in shorter[0]
        mixed = shuffled_span(attributes, np.random.default_rng(seed))
        assert [sorted(one.split()) for one in mixed] == [sorted(one.split()) for one in attributes]
        fewer = without_attribute(attributes, np.random.default_rng(seed))
        assert fewer[0] == title and len(fewer) == 3 and set(fewer) < set(attributes)
        turned = shuffled_attributes(attributes, np.random.default_rng(seed))
        assert turned[0] == title and sorted(turned) == sorted(attributes)
        for name, changed in (("span", shorter), ("mix", mixed), ("turn", turned)):
            seen.setdefault(name, set()).add(int(changed != attributes))
    assert all(1 in changes for changes in seen.values())


def test_a_killed_bi_encoder_goes_on(tmp_path: Path) -> None:
    pairs, other = _pairs(64, 1), _pairs(30, 2)
    train, valid = (TextPairs(one.left, one.right, one.labels) for one in (pairs, other))
    recipe = BiRecipe("contrastive", epochs=2, batch=8, frozen=0, evaluations=4, patience=99)
    figures: list[int] = []

    def killed_at_step_six(event: Mapping[str, Any]) -> None:
        if event["event"] == "figures":
            figures.append(int(event["step"]))
            if event["step"] == 6:
                raise KilledError

    source = tiny_source(tmp_path / "tiny", "bert")
    with pytest.raises(KilledError):
        train_bi_encoder(source, train, valid, recipe, tmp_path / "work", killed_at_step_six)
    assert figures[-1] == 6
    told: list[Mapping[str, Any]] = []
    train_bi_encoder(source, train, valid, recipe, tmp_path / "work", told.append)
    again = [int(event["step"]) for event in told if event["event"] == "figures"]
    assert again[0] > 2 and again[-1] == 16
