"""`scripts/bench/chinese` runs from nothing on few rows and prints the contract's document."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.fixtures.data import ROOT


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("part", "goals"),
    [
        ("tags", {"reviews, 10 labels per class: gain in macro-F1"}),
        ("search", {"kindred over keywords", "our analyser over cjk"}),
    ],
)
def test_the_benchmark_of_chinese_runs_on_few_rows(data_dir: Path, part: str, goals: set[str]) -> None:
    # The node's user cannot reach pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="bench-test-") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [
                sys.executable,
                str(ROOT / "scripts" / "bench" / "chinese"),
                "--quick", "--json", "--only", part, "--split", "valid",
            ],
            env={**os.environ, "TMPDIR": folder},
            capture_output=True,
            text=True,
            timeout=1700,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert list(Path(folder).glob("kindred-bench-*")) == []
    document = json.loads(done.stdout)
    assert set(document["goals"]) == goals
    assert document["figures"]
