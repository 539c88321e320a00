"""What a training would work with: the device, the labels at hand, the models to start from, and how long it takes."""

import platform
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from encoders.shipped import IMAGE, TEXT
from encoders.store import ModelStore
from plugin_bridge.jobs import ledger as states
from plugin_bridge.jobs.ledger import ChildJob

_PROBE_SECONDS = 5.0


@cache
def device() -> dict[str, str]:
    """Return what a training runs on: `cuda` with the GPU's name, or `cpu` with the processor's."""
    gpu = _gpu()
    return {"kind": "cuda", "name": gpu} if gpu else {"kind": "cpu", "name": _processor()}


def bases(kind: str, store: ModelStore) -> list[str]:
    """Return the models that a training of this kind can start from; for a release, those that could be released."""
    if kind == "release":
        return [card.name for card in store.list() if card.kind in ("text", "image", "behaviour")]
    if kind in ("train-search", "train-pairs"):
        return list(TEXT)
    return [IMAGE[0]] if kind == "train-images" else []


def estimate(kind: str, jobs: list[ChildJob]) -> float | None:
    """Return the seconds that the last finished job of this kind took, None where there was none."""
    for job in jobs:
        if job.kind == kind and job.state == states.DONE and job.started and job.ended:
            return round((_moment(job.ended) - _moment(job.started)).total_seconds(), 1)
    return None


def plan(
    kind: str, settings: Mapping[str, Any], labels: int | None, store: ModelStore, jobs: list[ChildJob]
) -> dict[str, Any]:
    """Return the plan of a kind as the bridge answers it; `settings` are its options with their defaults."""
    return {
        "kind": kind,
        "device": device(),
        "seconds": estimate(kind, jobs),
        "labels": labels,
        "bases": bases(kind, store),
        "settings": settings,
    }


def _gpu() -> str | None:
    # The server has no torch; the driver's own program says what is there.
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        asked = [program, "--query-gpu=name", "--format=csv,noheader"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return next((line.strip() for line in done.stdout.splitlines() if line.strip()), None)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written)
