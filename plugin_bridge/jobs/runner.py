"""Starts the next job, looks after the one that runs, and finds it again after a restart.

A child belongs to nobody: its session is its own, its output goes to files, and who it is stands in its folder. So a
bridge may end while it runs; the next one finds it by pid and start, or reads from its last line how it ended.
"""

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psutil

from plugin_bridge.errors import BridgeError
from plugin_bridge.jobs import ledger as states
from plugin_bridge.jobs.child import PROCESS_FILE
from plugin_bridge.jobs.ledger import ChildJob, JobLedger
from plugin_bridge.jobs.told import ERRORS_FILE, EVENTS_FILE, Told, last_words
from plugin_bridge.settings import Settings

log = logging.getLogger(__name__)

KEPT_FOLDERS = 50
LOOK_SECONDS = 0.5
_BIRTH_TOLERANCE = 2.0
_START_SECONDS = 60.0  # a child that has not written who it is by then was never started
_GRACE_SECONDS = 10.0

Prepare = Callable[[ChildJob, Path], list[str]]
"""Makes a job's data in its folder and returns its command, without the program's name; raises BridgeError."""


@dataclass(frozen=True)
class _Process:
    pid: int
    born: float


def host_of(settings: Settings) -> str:
    """Return the name under which this machine and home run jobs."""
    return f"{socket.gethostname()}:{settings.home.absolute()}"


def folder_of(settings: Settings, number: int) -> Path:
    """Return the folder of a job's files."""
    return settings.home / "jobs" / str(number)


class Runner:
    """Runs the jobs of one machine and home. Several may do so at once: the database gives each job to one."""

    def __init__(self, settings: Settings, jobs: JobLedger, prepare: Prepare, environment: Mapping[str, str]) -> None:
        self._settings, self._ledger = settings, jobs
        self._prepare, self._environment = prepare, dict(environment)
        self._own: dict[int, subprocess.Popen[bytes]] = {}
        self._asked: dict[int, float] = {}
        self._lock = threading.Lock()

    def step(self) -> None:
        """Look after the running job, and start the next one where none runs."""
        with self._lock:
            for job in self._ledger.running():
                self._look_after(job)
            started = self._ledger.claim()
            if started is not None:
                self._start(started)

    def _start(self, job: ChildJob) -> None:
        folder = folder_of(self._settings, job.id)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            command = self._prepare(job, folder)
            with (folder / EVENTS_FILE).open("ab") as told, (folder / ERRORS_FILE).open("ab") as errors:
                child = subprocess.Popen(
                    [sys.executable, "-m", "plugin_bridge.jobs.child", str(folder), *command],
                    env={**os.environ, **self._environment},
                    stdin=subprocess.DEVNULL,
                    stdout=told,
                    stderr=errors,
                    start_new_session=True,
                )
        except (BridgeError, OSError) as error:
            self._ledger.end(job, states.FAILED, problem=str(error))
            return
        except Exception as error:
            log.exception("job %s could not be started", job.id)
            self._ledger.end(job, states.FAILED, problem=f"it could not be started: {error}")
            return
        self._own[job.id] = child

    def _look_after(self, job: ChildJob) -> None:
        folder = folder_of(self._settings, job.id)
        own = self._own.get(job.id)
        found = _noted(folder)
        if found is not None and job.pid is None:
            self._ledger.seen(job, found.pid, found.born)
        code = own.poll() if own is not None else None
        alive = code is None and (own is not None or (found is not None and _alive(found)))
        if alive:
            if job.cancelled_by is not None:
                self._stop(job, own.pid if own is not None else found.pid if found else 0)
            return
        if own is None and found is None and _age(job) < _START_SECONDS:
            return  # the bridge that claims it is just about to start it
        self._ended(job, folder, code)
        _end_group(own.pid if own is not None else found.pid if found else 0)
        self._own.pop(job.id, None)
        self._asked.pop(job.id, None)
        self._tidy()

    def _stop(self, job: ChildJob, pid: int) -> None:
        """Ask the child and all that it has started to end; ten seconds later, make them."""
        asked = self._asked.setdefault(job.id, time.monotonic())
        number = signal.SIGTERM if time.monotonic() - asked < _GRACE_SECONDS else signal.SIGKILL
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)

    def _ended(self, job: ChildJob, folder: Path, code: int | None) -> None:
        """Note how a child ended: by its last line, by its exit status, or, where nobody saw that, by its words."""
        told = Told()
        while told.read_on(folder):
            continue
        words = last_words(folder)
        if told.result is not None and code in (0, 1, None):
            # Status 1 with a result: a release that was refused has done what was asked, and says why not more.
            self._ledger.end(job, states.DONE, result=told.result)
        elif job.cancelled_by is not None:
            self._ledger.end(job, states.CANCELLED, problem=f"cancelled by {job.cancelled_by}")
        elif code is not None:
            problem = words or f"it ended with status {code}"
            if code < 0:
                problem = _with_last_words(f"it was killed by signal {-code}", words)
            self._ledger.end(job, states.FAILED, problem=problem)
        elif words is not None and _worded(folder):
            self._ledger.end(job, states.FAILED, problem=words)
        else:
            problem = _with_last_words("its process ended while no bridge was there, without a result", words)
            self._ledger.end(job, states.LOST, problem=problem)

    def _tidy(self) -> None:
        """Remove the folders of jobs that ended long ago."""
        ended = [job for job in self._ledger.all(most=1000) if job.state in states.ENDED]
        for job in ended[KEPT_FOLDERS:]:
            shutil.rmtree(folder_of(self._settings, job.id), ignore_errors=True)


def _noted(folder: Path) -> _Process | None:
    try:
        return _Process(**orjson.loads((folder / PROCESS_FILE).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _alive(found: _Process) -> bool:
    try:
        process = psutil.Process(found.pid)
        same = abs(process.create_time() - found.born) < _BIRTH_TOLERANCE
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _end_group(pid: int) -> None:
    """End what a child has left running; its own number may be somebody else's by now."""
    if pid and not psutil.pid_exists(pid):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _with_last_words(problem: str, words: str | None) -> str:
    return f"{problem} (its last words: {words})" if words else problem


def _worded(folder: Path) -> bool:
    return b"kindred:" in (folder / ERRORS_FILE).read_bytes()[-4096:]


def _age(job: ChildJob) -> float:
    if job.started is None:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(job.started)).total_seconds()
