"""The queue of child processes, in the database: who asked for what, and what became of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from plugin_bridge.errors import JobError
from plugin_bridge.releases.records import now
from plugin_bridge.storage import Storage
from plugin_bridge.storage.jobs import jobs

QUEUED, RUNNING, DONE = "queued", "running", "done"
FAILED, CANCELLED, LOST = "failed", "cancelled", "lost"
ENDED = (DONE, FAILED, CANCELLED, LOST)
MOST_QUEUED = 100


@dataclass(frozen=True)
class ChildJob:
    """One job. `host` names the machine and home that runs it; `pid` and `born` its process once it was seen."""

    id: int
    alias: str
    kind: str
    by: str
    state: str
    host: str
    settings: Mapping[str, Any]
    queued: str
    started: str | None = None
    ended: str | None = None
    cancelled_by: str | None = None
    pid: int | None = None
    born: float | None = None
    result: Any = None
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it, without what its process told."""
        hidden = ("host", "pid", "born")
        return {name: value for name, value in asdict(self).items() if name not in hidden}


class JobLedger:
    """The jobs of one machine and home. Safe to share between threads and processes."""

    def __init__(self, storage: Storage, host: str) -> None:
        self._storage, self.host = storage, host

    def add(self, alias: str, kind: str, settings: Mapping[str, Any], by: str) -> ChildJob:
        """Put a job at the end of the queue; raises JobError 429 where a hundred wait already."""
        row = {"alias": alias, "kind": kind, "by": by, "state": QUEUED, "host": self.host}
        with self._storage.write() as connection:
            if len(self._of_state(connection, QUEUED)) >= MOST_QUEUED:
                raise JobError(f"{MOST_QUEUED} jobs wait already; cancel some first", status=429)
            values = {**row, "settings": dict(settings), "queued": now()}
            made = connection.execute(insert(jobs).values(**values)).inserted_primary_key
        assert made is not None
        return self.get(made[0])

    def get(self, number: int) -> ChildJob:
        """Return a job; raises JobError 404 where there is none of this number."""
        with self._storage.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == number)).mappings().first()
        if row is None:
            raise JobError(f"there is no job {number}; `kindred jobs list` shows them", status=404)
        return _read(row)

    def all(self, most: int = 100) -> list[ChildJob]:
        """Return the jobs of every machine, newest first."""
        with self._storage.read() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.id.desc()).limit(most)).mappings()
            return [_read(row) for row in rows]

    def running(self) -> list[ChildJob]:
        """Return this machine's jobs that run, oldest first."""
        with self._storage.read() as connection:
            return self._of_state(connection, RUNNING)

    def claim(self) -> ChildJob | None:
        """Take the first of the queue, which now runs; None where one runs already or none waits."""
        with self._storage.write() as connection:
            if self._of_state(connection, RUNNING):
                return None
            waiting = self._of_state(connection, QUEUED)
            if not waiting:
                return None
            changes = {"state": RUNNING, "started": now()}
            wanted = update(jobs).where(jobs.c.id == waiting[0].id, jobs.c.state == QUEUED)
            if connection.execute(wanted.values(**changes)).rowcount != 1:
                return None
        return self.get(waiting[0].id)

    def seen(self, job: ChildJob, pid: int, born: float) -> None:
        """Note the process of a job."""
        with self._storage.write() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(pid=pid, born=born))

    def cancel(self, number: int, by: str) -> ChildJob:
        """End a job that waits, or have its runner end it; raises JobError 409 for one that has ended."""
        job = self.get(number)
        with self._storage.write() as connection:
            chosen = update(jobs).where(jobs.c.id == number)
            queued = chosen.where(jobs.c.state == QUEUED).values(state=CANCELLED, cancelled_by=by, ended=now())
            running = chosen.where(jobs.c.state == RUNNING).values(cancelled_by=by)
            changed = connection.execute(queued).rowcount or connection.execute(running).rowcount
        if not changed:
            raise JobError(f"job {number} has ended already ({job.state})", status=409)
        return self.get(number)

    def end(self, job: ChildJob, state: str, result: Any = None, problem: str | None = None) -> ChildJob:
        """Note how a job ended, once."""
        with self._storage.write() as connection:
            chosen = update(jobs).where(jobs.c.id == job.id, jobs.c.state.not_in(ENDED))
            connection.execute(chosen.values(state=state, result=result, problem=problem, ended=now()))
        return self.get(job.id)

    def _of_state(self, connection: Connection, state: str) -> list[ChildJob]:
        wanted = select(jobs).where(jobs.c.host == self.host, jobs.c.state == state).order_by(jobs.c.id)
        return [_read(row) for row in connection.execute(wanted).mappings()]


def _read(row: Mapping[Any, Any]) -> ChildJob:
    return ChildJob(**{str(name): value for name, value in row.items()})
