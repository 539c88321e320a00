"""Child processes of a running bridge: the queue opened when it is needed, and a thread that looks after it."""

import gzip
import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.background import environment
from plugin_bridge.errors import JobError
from plugin_bridge.jobs import planning
from plugin_bridge.jobs.commands import FROM_FOLDER, FROM_LABELS, Commands, data_folder
from plugin_bridge.jobs.ledger import ENDED, ChildJob, JobLedger
from plugin_bridge.jobs.runner import LOOK_SECONDS, Runner, folder_of, host_of
from plugin_bridge.jobs.told import Told, log_text
from plugin_bridge.labels import snapshot
from plugin_bridge.labels.judgments import JudgmentLedger
from plugin_bridge.labels.reading import Reading
from plugin_bridge.review.history import History
from plugin_bridge.review.training import rows
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

log = logging.getLogger(__name__)

_KEPT_TOLD = 200


class JobDesk:
    """Queues jobs, runs them one after the other, and tells how they stand. Safe to share between threads."""

    def __init__(
        self, settings: Settings, storage: LateStorage, cluster: Cluster, store: ModelStore, commands: Commands
    ) -> None:
        self._settings, self._storage, self._cluster, self._store = settings, storage, cluster, store
        self._commands = commands
        self._stopped, self._nudged = threading.Event(), threading.Event()
        self._told: dict[int, Told] = {}
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self._thread = threading.Thread(target=self._keep_running, name="jobs", daemon=True)

    @property
    def home(self) -> Path:
        """The folder of everything that this machine keeps."""
        return self._settings.home

    def start(self) -> None:
        """Start looking after jobs; one that an earlier bridge had started is found again."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking after jobs; the one that runs goes on without us."""
        self._stopped.set()
        self._nudged.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def add(self, kind: str, settings: Mapping[str, Any], by: str, alias: str | None = None) -> ChildJob:
        """Put a job at the end of the queue; raises JobError for what its command does not know."""
        wanted = self._commands.checked(kind, settings)
        if wanted.get("data"):
            data_folder(self._settings, str(wanted["data"]))
        elif kind in FROM_FOLDER:
            raise JobError(
                f"data: {kind} needs the name of a folder below {self._settings.home / 'datasets'}",
                status=422,
                field="data",
            )
        job = self._ledger().add(alias or self._settings.alias, kind, wanted, by)
        self._nudged.set()
        return job

    def cancel(self, number: int, by: str) -> ChildJob:
        """Cancel a job; a running one ends within seconds."""
        job = self._ledger().cancel(number, by)
        self._nudged.set()
        return job

    def get(self, number: int) -> ChildJob:
        """Return a job; raises JobError 404."""
        return self._ledger().get(number)

    def all(self) -> list[ChildJob]:
        """Return the jobs, newest first."""
        return self._ledger().all() if self._storage.exists() else []

    def described(self, job: ChildJob) -> dict[str, Any]:
        """Return a job with what its process has told so far."""
        with self._lock:
            told = self._told.setdefault(job.id, Told())
            told.read_on(folder_of(self._settings, job.id))
            while len(self._told) > _KEPT_TOLD:
                self._told.pop(next(iter(self._told)))
        return {**job.to_json(), "progress": told.progress, "figures": list(told.figures)}

    def events(self, job: ChildJob, told: Told) -> list[Mapping[str, Any]]:
        """Return what a job's process has told since `told`, which is moved on."""
        return told.read_on(folder_of(self._settings, job.id))

    def log(self, number: int) -> str:
        """Return what a job has said in words."""
        return log_text(folder_of(self._settings, self.get(number).id))

    def plan(self, kind: str, alias: str | None = None) -> dict[str, Any]:
        """Return what a job of this kind would work with."""
        return planning.plan(
            kind,
            self._commands.default_settings(kind),
            self._labels(kind, alias or self._settings.alias),
            self._store,
            self.all(),
        )

    def step(self) -> None:
        """Do what there is to do once."""
        if self._runner is None:
            own = {**environment(self._settings), "OPENSEARCH_URL": self._cluster.url}
            self._runner = Runner(self._settings, self._ledger(), self._prepare, own)
        self._runner.step()

    def _ledger(self) -> JobLedger:
        return JobLedger(self._storage.open(), host_of(self._settings))

    def _prepare(self, job: ChildJob, folder: Path) -> list[str]:
        return self._commands.prepared(job, folder, self._settings, self._write_labels)

    def _write_labels(self, kind: str, alias: str, folder: Path) -> None:
        """Write what people said of an alias, as the kind of training reads it; raises JobError where there is none."""
        if kind == "train-tags":
            live = generations.live(self._cluster, alias)
            decisions = History(self._storage.open(), alias).decisions()
            found = list(rows(self._cluster, live.index, decisions)) if live is not None else []
            with gzip.open(folder / "products.jsonl.gz", "wb") as stream:
                stream.writelines(orjson.dumps(row) + b"\n" for row in found)
            written = len(found)
        else:
            made = snapshot.write(self._storage.open(), alias, self._cluster, folder)
            written = made.judgments if kind == "train-search" else made.pairs
        if not written:
            raise JobError(f"nobody has labelled anything of {alias} that {kind} could learn from", status=409)

    def _labels(self, kind: str, alias: str) -> int | None:
        if not self._storage.exists():
            return 0 if kind in FROM_LABELS else None
        storage = self._storage.open()
        if kind == "train-pairs":
            counts = Reading(storage, alias).counts()
            return counts.similar + counts.dissimilar
        if kind == "train-search":
            return len(JudgmentLedger(storage, alias).agreed())
        return len(History(storage, alias).decisions()) if kind == "train-tags" else None

    def _keep_running(self) -> None:
        while not self._stopped.is_set():
            self._nudged.clear()
            try:
                if self._storage.exists():
                    self.step()
            except Exception:
                log.exception("looking after jobs failed; it is tried again")
            self._nudged.wait(LOOK_SECONDS)


def is_over(job: ChildJob) -> bool:
    """Return whether a job has ended."""
    return job.state in ENDED
