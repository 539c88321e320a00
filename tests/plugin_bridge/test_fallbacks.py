"""The ledger of fallbacks: what a pipeline counted less what the bridge served, over restarts of both."""

import subprocess
import sys
from pathlib import Path

from plugin_bridge.fallbacks import FallbackLedger, Passages, Tally


def serve(ledger: FallbackLedger, index: str, times: int) -> None:
    for _ in range(times):
        ledger.tally(index).add()


def test_fallbacks_are_requests_less_rewrites(tmp_path: Path) -> None:
    ledger = FallbackLedger(tmp_path)
    assert ledger.passages({"shop-g001": 0}) == {"shop-g001": Passages(0, 0)}
    serve(ledger, "shop-g001", 5)
    found = ledger.passages({"shop-g001": 7})["shop-g001"]
    assert (found.requests, found.served, found.fallbacks) == (7, 5, 7 - 5)


def test_a_node_that_is_started_again_counts_from_nothing(tmp_path: Path) -> None:
    ledger = FallbackLedger(tmp_path)
    ledger.passages({"shop-g001": 0})
    ledger.passages({"shop-g001": 10})
    found = ledger.passages({"shop-g001": 4})["shop-g001"]
    assert found.requests == 10 + 4


def test_what_a_pipeline_counted_before_we_looked_is_not_ours_to_judge(tmp_path: Path) -> None:
    ledger = FallbackLedger(tmp_path)
    assert ledger.passages({"shop-g001": 1000})["shop-g001"].fallbacks == 0
    assert ledger.passages({"shop-g001": 1003})["shop-g001"].fallbacks == 3


def test_requests_under_way_are_no_negative_fallbacks(tmp_path: Path) -> None:
    ledger = FallbackLedger(tmp_path)
    ledger.passages({"shop-g001": 0})
    serve(ledger, "shop-g001", 2)  # OpenSearch counts a request when it is through
    assert ledger.passages({"shop-g001": 1})["shop-g001"].fallbacks == 0


def test_counts_outlive_a_process_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib\n"
        "from plugin_bridge.fallbacks import FallbackLedger\n"
        "ledger = FallbackLedger(pathlib.Path(sys.argv[1]))\n"
        "for _ in range(1000): ledger.tally('shop-g001').add()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    ledger = FallbackLedger(tmp_path)
    assert ledger.tally("shop-g001").count == 2 * 1000


def test_a_dropped_generation_is_forgotten(tmp_path: Path) -> None:
    ledger = FallbackLedger(tmp_path)
    ledger.keep_only([])  # nothing there is no error
    for index in ("shop-g001", "shop-g002"):
        serve(ledger, index, 3)
        ledger.passages({index: 3})
    ledger.keep_only(["shop-g002"])
    assert set(ledger.passages({})) == {"shop-g002"}
    assert ledger.tally("shop-g001").count == 0


def test_a_tally_that_was_cut_short_starts_again(tmp_path: Path) -> None:
    path = tmp_path / "x.served"
    path.write_bytes(b"\x01\x02")
    tally = Tally(path)
    tally.add()
    assert tally.count == Tally(path).count == int.from_bytes(b"\x01\x02", "little") + 1
