"""Labels saved: how long an acknowledgement takes, whether two people get into each other's way, what a kill loses."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import httpx

from plugin_bridge.labels.files import read_pairs_csv
from plugin_bridge.labels.importing import import_file
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage

ROOT = Path(__file__).resolve().parents[2]
SAVE_AND_SAY = """
import sys, uuid
from pathlib import Path
from plugin_bridge.labels.ledger import PairLedger
from plugin_bridge.labels.values import Said
from plugin_bridge.settings import Settings
from plugin_bridge.storage import open_storage
ledger = PairLedger(open_storage(Settings(home=Path(sys.argv[1]))), "shop")
turn = sys.argv[2]
for number in range(1_000_000):
    key = f"{turn}-{number}"
    ledger.save([Said(key, f"left-{key}", f"right-{key}", "similar")], "anna")
    print(key, flush=True)
"""


def save_times(url: str, token: str, ids: Sequence[str], count: int) -> list[float]:
    """Return the seconds that each of `count` labels took over HTTP, one after the other."""
    taken = []
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        for number in range(count):
            body = {"labels": [_label(ids, number)]}
            started = time.perf_counter()
            answer = http.post("/v1/labels/pairs", json=body)
            taken.append(time.perf_counter() - started)
            assert answer.json()["saved"][0]["state"] == "saved", answer.text
    return taken


def flush_times(count: int) -> list[float]:
    """Return the seconds that the disk takes to flush 4 KiB: no acknowledged save can be quicker."""
    taken = []
    with tempfile.TemporaryFile(prefix="kindred-bench-labels-") as file:
        for _ in range(count):
            file.write(bytes(4096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return taken


def next_times(url: str, token: str, count: int) -> list[float]:
    """Return the seconds that the next five pairs took, answered in between; the first ones are waited for."""
    taken = []
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        while http.get("/v1/labels/next").json()["left"] is None:
            time.sleep(0.2)
        for _ in range(count):
            started = time.perf_counter()
            pairs = http.get("/v1/labels/next").json()["pairs"]
            taken.append(time.perf_counter() - started)
            if not pairs:
                break
            one = pairs[0]
            body = {"key": str(uuid.uuid4()), "left": one["left"]["id"], "right": one["right"]["id"]}
            http.post("/v1/labels/pairs", json={"labels": [{**body, "label": "dissimilar", "source": "queue"}]})
    return taken


def two_people(url: str, tokens: Sequence[str], ids: Sequence[str], each: int) -> dict[str, int]:
    """Have two people label the same pairs at once, each answer sent twice; return what is lost and doubled."""
    acknowledged: list[int] = []

    def work(token: str) -> None:
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
            for number in range(each):
                body = {"labels": [_label(ids, number)]}
                first = http.post("/v1/labels/pairs", json=body).json()["saved"][0]
                again = http.post("/v1/labels/pairs", json=body).json()["saved"][0]
                assert (first["state"], again["state"], first["id"]) == ("saved", "already", again["id"])
                acknowledged.append(first["id"])

    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {tokens[0]}"}, timeout=60) as http:
        before = {one["by"]: one["labels"] for one in http.get("/v1/labels/stats").json()["annotators"]}
        threads = [threading.Thread(target=work, args=(token,)) for token in tokens]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ends, start = set(), 0
        while page := http.get("/v1/labels/pairs", params={"size": 1000, "from": start}).json()["labels"]:
            ends |= {one["id"] for one in page}
            start += len(page)
        after = {one["by"]: one["labels"] for one in http.get("/v1/labels/stats").json()["annotators"]}
    stored = sum(after.values()) - sum(before.values())
    return {
        "acknowledged": len(acknowledged),
        "lost": len(set(acknowledged) - ends),
        "doubled": (len(acknowledged) - len(set(acknowledged))) + max(0, stored - len(acknowledged)),
    }


def kills(count: int, seed: int) -> dict[str, int]:
    """Kill a process that saves labels `count` times at random moments; return what was acknowledged and lost."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kindred-bench-labels-") as folder:
        home = Path(folder)
        acknowledged: list[str] = []
        for turn in range(count):
            acknowledged += killed(home, str(turn), chance.uniform(0.0, 0.15))
        storage = open_storage(Settings(home=home))
        kept = [one["left"].removeprefix("left-") for one in Reading(storage, "shop").standing()]
        storage.close()
    return {
        "kills": count,
        "acknowledged": len(acknowledged),
        "lost": len(set(acknowledged) - set(kept)),
        "doubled": len(kept) - len(set(kept)),
        "kept but not acknowledged": len(set(kept) - set(acknowledged)),
    }


def killed(home: Path, turn: str, seconds: float) -> list[str]:
    """Start a process that saves and says so, kill it some time after its first label; return what it said."""
    command = [sys.executable, "-c", SAVE_AND_SAY, str(home), turn]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=dict(os.environ), text=True)
    assert process.stdout is not None
    said = [process.stdout.readline()]
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said += process.stdout.readlines()
    process.wait()
    return [line.strip() for line in said if line.endswith("\n")]


def import_seconds(rows: int) -> dict[str, float]:
    """Return how long a file of so many labels takes to import, and again."""
    with tempfile.TemporaryDirectory(prefix="kindred-bench-labels-") as folder:
        path = Path(folder) / "labels.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("left,right,label\n")
            for number in range(rows):
                file.write(f"product-{number % 99_991},item-{number},{number % 2}\n")
        storage = open_storage(Settings(home=Path(folder)))
        ledger = PairLedger(storage, "shop")
        found = {"rows": float(rows)}
        for name in ("first", "again"):
            started = time.perf_counter()
            report = import_file(ledger, path, read_pairs_csv, "anna", lambda ids: set())
            found[f"{name}, s"] = round(time.perf_counter() - started, 1)
            assert report.saved + report.already == rows
        storage.close()
    return found


def _label(ids: Sequence[str], number: int) -> dict[str, object]:
    left, right = number % len(ids), (number // len(ids) + 1 + number) % len(ids)
    right = right if right != left else (left + 1) % len(ids)
    said = "similar" if number % 3 else "dissimilar"
    return {"key": str(uuid.uuid4()), "left": ids[left], "right": ids[right], "label": said, "source": "search"}
