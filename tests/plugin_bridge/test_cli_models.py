"""`kindred models` as a person and as a program call it."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.encoders.tiny import tiny_folder


def kindred(home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from plugin_bridge.cli import main; main()", "models", *arguments],
        env={**os.environ, "KINDRED_HOME": str(home), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.fixture
def home(tmp_path, model_store):
    """A home with one exported model, as `kindred models export` leaves it."""
    name = "all-minilm-l6-v2-int8"
    shutil.copytree(model_store.root / name, tmp_path / "models" / name)
    return tmp_path


def test_an_empty_home_says_what_to_do(tmp_path):
    done = kindred(tmp_path)
    assert done.returncode == 0
    assert "kindred models export all-minilm-l6-v2" in done.stderr
    assert json.loads(kindred(tmp_path, "--json").stdout)["models"] == []


def test_list_shows_cards_and_what_else_can_be_made(home):
    done = kindred(home, "list")
    assert "all-minilm-l6-v2-int8" in done.stdout
    unmade = (
        "bge-small-en-v1.5, bge-small-zh-v1.5, multilingual-e5-small, efficientnet-lite0, efficientnet-lite0-stages"
    )
    assert f"`kindred models export`: {unmade}\n" in done.stderr
    (card,) = json.loads(kindred(home, "list", "--json").stdout)["models"]
    assert card["dimension"] == 384
    assert card["fingerprint"] in done.stdout or card["fingerprint"][:12] in done.stdout


def test_verify_runs_the_gate_again_and_names_a_damaged_file(home):
    done = kindred(home, "verify", "all-minilm-l6-v2-int8", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["files"] == "match"
    assert 0.99 < answer["gate"]["mean_cosine"] < 1

    (home / "models" / "all-minilm-l6-v2-int8" / "tokenizer.json").write_text("{}", encoding="utf-8")
    damaged = kindred(home, "verify", "all-minilm-l6-v2-int8")
    assert damaged.returncode == 1
    assert "tokenizer.json has sha256" in damaged.stderr
    assert damaged.stdout == ""


def test_a_folder_is_exported_under_the_name_given(tmp_path):
    folder = tiny_folder(tmp_path / "bert", "bert")
    done = kindred(
        tmp_path, "export", str(folder), "--name", "ours", "--precision", "fp32", "--language", "de", "--json"
    )
    assert done.returncode == 0, done.stderr
    (card,) = json.loads(done.stdout)["models"]
    assert (card["name"], card["languages"], card["precision"]) == ("ours", ["de"], "fp32")
    assert (tmp_path / "models" / "ours" / "model.onnx").is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["verify", "nothing-here"], 1, "no model 'nothing-here'"),
        (["export", "nothing-known"], 1, "no recipe for a model 'nothing-known'"),
        (["export", "./no/such/folder"], 1, "is not a model folder"),
        (["export", "all-minilm-l6-v2", "--precision", "int4"], 2, "--precision must be one of fp32, int8, both"),
        (["export", "all-minilm-l6-v2", "--photos", "/no/such/folder"], 2, "does not exist"),
        (["export"], 2, "Missing argument"),
    ],
)
def test_what_fails_is_one_sentence_with_the_right_status(tmp_path, arguments, status, reason):
    done = kindred(tmp_path, *arguments)
    assert done.returncode == status
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
