"""`kindred train images` and `kindred evaluate images` as a person and as a program call them."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from plugin_bridge.cli.progress_lines import Lines
from plugin_bridge.cli.train import _translated
from tests.fixtures.photos import write_photo_folder


def kindred(home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from plugin_bridge.cli import main; main()", *arguments],
        env={**os.environ, "KINDRED_HOME": str(home), "KINDRED_CACHE": str(home / "cache"), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=280,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with a model trained on drawn photos, the folder of these, and what training printed."""
    home = tmp_path_factory.mktemp("home")
    folder = write_photo_folder(home / "photos")
    quick = ("--size", "96", "--epochs", "2", "--together", "1", "--views", "2", "--json")
    done = kindred(home, "train", "images", "--data", str(folder), "--out", "ours", *quick)
    assert done.returncode == 0, done.stderr
    return home, folder, [json.loads(line) for line in done.stdout.splitlines()]


def test_training_tells_its_progress_and_ends_with_the_cards(trained):
    _, _, events = trained
    assert {event["event"] for event in events} == {"progress", "figures", "log", "result"}
    assert events[-1]["event"] == "result"
    result = events[-1]["result"]
    assert [card["name"] for card in result["models"]] == ["ours", "ours-int8"]
    assert result["models"][1]["parity"]["mean_cosine"] > 0.95
    measured = [event for event in events if event["event"] == "figures"]
    assert [event["step"] for event in measured] == [1, 2, 3, 4] and "score" in str(measured[0]["valid"])


def test_the_time_left_counts_the_seconds_of_every_tail():
    told: list = []
    tell = _translated(Lines(told.append))
    figures = {"of": 4, "loss": 1.0}
    for tail in (0, 1):
        tell({"event": "start", "epoch": 2 * tail, "of": 4, "resumed": False, "val_score": 0.5})
        for epoch in (0, 1):
            tell({"event": "epoch", "epoch": 2 * tail + epoch, "seconds": 10.0 * (epoch + 1), **figures})
    # After 10 of 40 seconds, 20, 30 and 40.
    assert [one["seconds_left"] for one in told if one["event"] == "progress"] == [30, 20, 10, 0]


def test_evaluation_prints_the_contracts_document(trained, model_store):
    home, folder, _ = trained
    name = "efficientnet-lite0-int8"
    shutil.copytree(model_store.root / name, home / "models" / name)
    done = kindred(home, "evaluate", "images", "--data", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["model"], found["split"], found["examples"]) == ("ours-int8", "test", 12)
    for key in ("accuracy", "f1_macro", "f1_micro", "ece", "coverage_at_precision_95", "ci95", "variants"):
        assert key in found
    assert set(found["heads"]) == {"fine", "coarse"}
    assert set(found["variants"]) == {"frozen + logistic regression", "frozen + nearest photo"}
    assert found["accuracy"] > 0.5  # of three classes that nobody could confuse


def test_verify_compares_int8_with_fp32_and_says_that_the_original_is_gone(trained):
    home, folder, _ = trained
    done = kindred(home, "models", "verify", "ours-int8", "--photos", str(folder / "train"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["gate"]["compared_with"] == "ours, fp32"
    done = kindred(home, "models", "verify", "ours")
    assert done.returncode == 1
    assert "its torch original is not kept" in done.stderr


def test_wrong_use_is_one_sentence(trained, tmp_path):
    home, folder, _ = trained
    (tmp_path / "empty").mkdir()
    cases = {
        "neither train.tsv nor products.jsonl": ("train", "images", "--data", str(tmp_path / "empty"), "--out", "x"),
        "no network 'alexnet'": ("train", "images", "--data", str(folder), "--out", "x", "--base", "alexnet"),
        "no model 'none'": ("evaluate", "images", "--data", str(folder), "--model", "none"),
    }
    for message, arguments in cases.items():
        done = kindred(home, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert message in done.stderr
    assert kindred(home, "evaluate", "images", "--data", str(folder), "--split", "all").returncode == 2
