"""`scripts/bench/images` runs from nothing on few photos and prints the contract's document."""

import json
import os
import subprocess
import sys

import pytest

from tests.fixtures.data import ROOT


@pytest.mark.slow
def test_the_benchmark_of_photos_runs_on_few_of_them(data_dir, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bench" / "images"), "--quick", "--json", "--split", "val"],
        env={**os.environ, "KINDRED_DATA": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document["goals"]) == {"grocery, fine", "grocery, coarse"}
    figures = document["figures"]
    assert {"images-grocery, val", "images-grocery, mean of the seeds", "photos/s"} <= set(figures)
    recall = figures["images-fashion, recall@10 of val photos"]
    assert {"frozen, all products", "trained, all products"} <= set(recall)
    words = figures["images-fashion, a photo and a colour in words, recall@10 (val)"]
    assert {"text alone", "trained photo alone", "trained photo + text"} <= set(words)
