"""Work that takes longer than a request: one thread each, with its progress, kept in memory until the process ends."""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from plugin_bridge.errors import RequestError

log = logging.getLogger(__name__)

KEPT = 100


@dataclass(frozen=True)
class JobState:
    """How a job stands. `state` is `running`, `done` or `failed`; `result` is what a finished one gave."""

    id: int
    kind: str
    by: str
    started: str
    state: str = "running"
    done: int = 0
    total: int | None = None
    result: Any = None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return asdict(self)


class Job:
    """A running job's own view of itself."""

    def __init__(self, jobs: "Jobs", number: int) -> None:
        self._jobs, self._number = jobs, number
        self.stopped = threading.Event()

    def advance(self, by: int) -> None:
        """Count work that is done."""
        self._jobs.change(self._number, lambda state: replace(state, done=state.done + by))


class Jobs:
    """The jobs of one process, one of each kind at a time. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[int, JobState] = {}
        self._running: dict[int, Job] = {}
        self._next = 1

    def start(self, kind: str, by: str, work: Callable[[Job], Any], total: int | None = None) -> JobState:
        """Start `work` in a thread; raises RequestError 409 where one of this kind runs."""
        with self._lock:
            for state in self._states.values():
                if state.kind == kind and state.state == "running":
                    raise RequestError(f"job {state.id} ({kind}, started by {state.by}) is still running", status=409)
            number, self._next = self._next, self._next + 1
            now = datetime.now(UTC).isoformat(timespec="seconds")
            self._states[number] = begun = JobState(number, kind, by, now, total=total)
            self._running[number] = job = Job(self, number)
            for old in [one for one in self._states if one not in self._running][:-KEPT]:
                del self._states[old]
        threading.Thread(target=self._run, args=(job, number, work), name=f"job-{number}", daemon=True).start()
        return begun

    def state(self, number: int) -> JobState:
        """Return how a job stands; raises RequestError 404."""
        found = self._states.get(number)
        if found is None:
            raise RequestError(f"there is no job {number} in this bridge; a restart forgets them", status=404)
        return found

    def change(self, number: int, change: Callable[[JobState], JobState]) -> None:
        """Change what is known of a job."""
        with self._lock:
            self._states[number] = change(self._states[number])

    def close(self) -> None:
        """Ask all jobs to stop."""
        with self._lock:
            for job in self._running.values():
                job.stopped.set()

    def _run(self, job: Job, number: int, work: Callable[[Job], Any]) -> None:
        try:
            result = work(job)
            self.change(number, lambda state: replace(state, state="done", result=result))
        except Exception as error:
            log.warning("job %s failed: %s", number, error, exc_info=error)
            words = str(error)
            self.change(number, lambda state: replace(state, state="failed", problem=words))
        finally:
            with self._lock:
                self._running.pop(number, None)
