"""What happens around the person: the bridge is killed and comes back, the desktop is killed and is started again."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PRESSING = "desktop.pressing"


@dataclass(frozen=True)
class Events:
    """After which label what happens."""

    bridge_killed: int
    desktop_killed: int
    bridge_back: int
    end: int


@dataclass(frozen=True)
class Bridge:
    """A bridge that can be killed and started again."""

    url: str
    token: str
    kill: Callable[[], None]
    start: Callable[[], None]


@dataclass(frozen=True)
class Report:
    """What came of it. `acknowledged` were shown as kept; each of them has to be at the bridge, once."""

    acknowledged: int
    at_bridge: int
    twice: int
    lost: int
    waiting_when_back: int
    seconds: float

    def is_right(self, events: Events) -> bool:
        """Whether all labels are at the bridge, none twice."""
        return self.at_bridge == events.end and not self.twice and not self.lost


def play(bridge: Bridge, events: Events, say: Callable[[str], None] = lambda text: None) -> Report:
    """Play a session and compare what the person was told with what the bridge has."""
    began = time.monotonic()
    before = {one["id"] for one in _at_bridge(bridge)}
    with tempfile.TemporaryDirectory(prefix="kindred-session-") as name:
        folder, told, waiting = Path(name), list[dict[str, Any]](), 0
        person = _sit_down(folder, bridge, events.end)
        try:
            for line in iter(person.stdout.readline, b""):  # type: ignore[union-attr]
                told.append(json.loads(line))
                if len(told) == events.bridge_killed:
                    bridge.kill()
                    say(f"label {len(told)}: the bridge is killed")
                if len(told) == events.desktop_killed:
                    break
            os.kill(person.pid, signal.SIGKILL)
            told += [json.loads(line) for line in person.stdout.readlines() if line.endswith(b"\n")]  # type: ignore[union-attr]
            person.wait()
            kept = _kept(folder)
            say(f"label {len(told)}: the desktop is killed; {kept} labels are on the disk")
            person = _sit_down(folder, bridge, events.end - kept)
            for line in iter(person.stdout.readline, b""):  # type: ignore[union-attr]
                one = json.loads(line)
                kept += "pair" in one
                told += [one] if "pair" in one else []
                if kept == events.bridge_back and "pair" in one:
                    waiting = _waiting(folder)
                    bridge.start()
                    say(f"label {kept}: the bridge is back; {waiting} labels waited")
            person.wait(60)
        finally:
            if person.poll() is None:
                person.kill()
                person.wait()
        found = [one for one in _at_bridge(bridge) if one["id"] not in before]
        return _compare(found, told, waiting, time.monotonic() - began)


def _sit_down(folder: Path, bridge: Bridge, number: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", PRESSING, "--folder", str(folder), "--url", bridge.url, "--number", str(number)]
    environment = {**os.environ, "KINDRED_SESSION_TOKEN": bridge.token}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def _kept(folder: Path) -> int:
    return _count(folder, "kind = 'label'")


def _waiting(folder: Path) -> int:
    return _count(folder, "state = 'waiting'")


def _count(folder: Path, which: str) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'labels.sqlite'}?mode=ro", uri=True)) as file:
        return int(file.execute(f"SELECT count(*) FROM operation WHERE {which}").fetchone()[0])


def _at_bridge(bridge: Bridge) -> list[dict[str, Any]]:
    headers = {"authorization": f"Bearer {bridge.token}"} if bridge.token else {}
    answer = httpx.get(f"{bridge.url}/v1/labels/pairs", params={"size": 1000}, headers=headers, timeout=60)
    answer.raise_for_status()
    return list(answer.json()["labels"])


def _compare(labels: list[dict[str, Any]], told: list[dict[str, Any]], waiting: int, seconds: float) -> Report:
    found = [(frozenset((one["left"], one["right"])), one["label"]) for one in labels]
    acknowledged = [(frozenset((one["left"], one["right"])), one["label"]) for one in told]
    return Report(
        acknowledged=len(told),
        at_bridge=len(found),
        twice=len(found) - len({pair for pair, _ in found}),
        lost=len(set(acknowledged) - set(found)),
        waiting_when_back=waiting,
        seconds=round(seconds, 1),
    )
