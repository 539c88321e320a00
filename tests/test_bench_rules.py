"""`scripts/bench/rules` runs from nothing on the sample and prints the contract's document."""

import json
import subprocess
import sys

import pytest

from tests.fixtures.data import ROOT


@pytest.mark.slow
def test_the_benchmark_of_rules_runs_on_the_sample() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "bench" / "rules"), "--quick", "--json"],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert set(document["figures"]["storefront"]) == {"plain", "hidden", "boost", "top", "ninth"}
    assert len(document["goals"]) == 1 and document["machine"]["cores"]
