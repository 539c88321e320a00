"""`kindred train search`: judgments become graded pairs; too few are refused; the encoder is installed and recorded."""

import gzip
from pathlib import Path

import orjson
import pytest

from encoders.store import ModelStore
from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import read_judged_set
from plugin_bridge.experiments import listed
from plugin_bridge.pairs.judged import graded, train_search
from plugin_bridge.pairs.training import Wanted
from tests.encoders.tiny import tiny_folder

KINDS = ("boots", "mouse", "sofa", "knife", "tent", "dress", "hose", "mat", "drill", "sleeve")


def judged_folder(folder: Path, queries: int) -> Path:
    """Write a judged set: each query has its product (3), and another kind's (0)."""
    folder.mkdir(parents=True)
    with gzip.open(folder / "products.jsonl.gz", "wb") as stream:
        for number, kind in enumerate(KINDS):
            stream.write(orjson.dumps({"id": f"p{number}", "title": f"red {kind} with cover"}) + b"\n")
    names = [KINDS[number % len(KINDS)] for number in range(queries)]
    (folder / "queries.tsv").write_text("".join(f"q{at}\t{kind} {at}\n" for at, kind in enumerate(names)))
    rows = [f"q{at} 0 p{at % 10} 3\nq{at} 0 p{(at + 3) % 10} 0\n" for at in range(queries)]
    (folder / "qrels.txt").write_text("".join(rows) + "q0 0 unknown 2\n")
    return folder


def test_judgments_of_products_in_the_catalogue_are_read(tmp_path: Path) -> None:
    rows = list(graded(read_judged_set(judged_folder(tmp_path / "judged", 12))))
    assert len(rows) == 24
    assert ("q1", "mouse 1", "red mouse with cover", 3) in rows


def test_few_judgments_are_refused(tmp_path: Path) -> None:
    judged = read_judged_set(judged_folder(tmp_path / "judged", 5))
    with pytest.raises(
        EvaluationError, match="10 judgments of products in the catalogue, 5 of them 2 or 3, are too few"
    ):
        train_search(judged, "mine", ModelStore(tmp_path / "models"), Wanted(), tmp_path)


@pytest.mark.slow
def test_an_encoder_is_made_of_judgments(tmp_path: Path) -> None:
    judged = read_judged_set(judged_folder(tmp_path / "judged", 40))
    base = tiny_folder(tmp_path / "tiny", "bert")
    wanted = Wanted("bi-encoder", str(base), "cosent", epochs=1)
    store = ModelStore(tmp_path / "models")
    experiment, before = train_search(judged, "mine", store, wanted, tmp_path)
    assert not before and "mine" in experiment.models and listed(tmp_path) == [experiment]
    assert store.open_text("mine", 1).encode(["red sofa"]).shape == (1, 32)
    assert train_search(judged, "mine", store, wanted, tmp_path) == (experiment, True)
