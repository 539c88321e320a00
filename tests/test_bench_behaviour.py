"""The benchmark of recommendations: figures that were kept are those that were measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.fixtures.data import ROOT

PROGRAM = f"""
import sys; sys.path[:0] = [{str(ROOT / "scripts" / "bench")!r}]
import json
import _behaviour_ground as ground
import numpy as np
from plugin_bridge.behaviour.evaluating import Measured

before = Measured({{"recall@20": np.array([0.25, 1.0])}}, {{"recall@20": np.array([np.nan, 0.5])}}, {{"gini": 0.5}})
after = ground.full(json.loads(json.dumps(ground.flat(before))))
np.testing.assert_equal(vars(after), vars(before))
print(json.dumps(list(ground.taken(lambda: 3)[1])))
"""


def test_figures_of_each_customer_are_kept_as_they_were(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "KINDRED_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["seconds", "processor_seconds", "peak_MiB_so_far"]
