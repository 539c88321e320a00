"""One writer at a time: a lease on an alias, kept in the cluster so that it holds between machines too.

The lease is a document that its holder renews. One whose holder died is free at once on the same machine, and
after `TTL` seconds elsewhere.
"""

import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import psutil

from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError, OpenSearchError

INDEX = "kindred-leases"
TTL = 60.0
RENEW_EVERY = 10.0
BRIEFLY = 120.0
_LOOK_AGAIN = 0.2


class LeaseHeldError(OpenSearchError):
    """Somebody else is writing to the alias; the message says who and since when. `brief`: not for long."""

    def __init__(self, message: str, *, brief: bool = False) -> None:
        self.brief = brief
        super().__init__(message)


class LeaseLostError(OpenSearchError):
    """The lease went to somebody else, because it could not be renewed in time."""


@dataclass(frozen=True)
class Holder:
    """A process: `started` tells it from a later one with the same pid."""

    host: str
    pid: int
    started: float
    purpose: str
    since: str
    brief: bool = False


class Lease:
    """A context manager that holds the lease of one alias and renews it from a thread.

    `lost` is set when another process took the lease over; `check` raises then. Who meets a `brief` holder, as the last
    seconds of a release, waits for it, up to `BRIEFLY` seconds; who meets another one is refused at once.
    """

    def __init__(self, cluster: Cluster, alias: str, purpose: str, *, brief: bool = False) -> None:
        self._cluster, self._alias = cluster, alias
        self._path = path(INDEX, "_doc", alias)
        self._holder = Holder(
            host=socket.gethostname(),
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            purpose=purpose,
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            brief=brief,
        )
        self._version: dict[str, int] = {}
        self._released = threading.Event()
        self._thread: threading.Thread | None = None
        self.lost = threading.Event()

    def __enter__(self) -> "Lease":
        self._acquire_waiting()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{self._alias}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        if self._thread is not None:
            self._thread.join(timeout=RENEW_EVERY)
        try:
            self._cluster.request("DELETE", self._path, params=self._version, timeout=5)
        except (ClusterRefusedError, ClusterUnreachableError):
            # Taken over, or the cluster is away: it runs out by itself, and this must not hide `error`.
            self.lost.set()

    def check(self) -> None:
        """Raise LeaseLostError where the lease was taken over."""
        if self.lost.is_set():
            raise LeaseLostError(
                f"another process has taken over the writing to {self._alias}, because this one could not renew "
                "its lease in time; nothing was switched"
            )

    def _acquire_waiting(self) -> None:
        end = time.monotonic() + BRIEFLY
        while True:
            try:
                return self._acquire()
            except LeaseHeldError as error:
                if not error.brief or time.monotonic() > end:
                    raise
            time.sleep(_LOOK_AGAIN)

    def _acquire(self) -> None:
        _ensure_index(self._cluster)
        try:
            self._write({"op_type": "create"})
            return
        except ClusterRefusedError as error:
            if error.status != 409:
                raise
        try:
            found = self._cluster.request("GET", self._path)
        except ClusterRefusedError as error:
            if error.status != 404:
                raise
            self._write({"op_type": "create"})  # released in between
            return
        if _alive(found["_source"], self._holder.host):
            raise LeaseHeldError(_held(self._alias, found["_source"]), brief=found["_source"].get("brief", False))
        try:
            self._write({"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]})
        except ClusterRefusedError as error:
            if error.status == 409:
                raise LeaseHeldError(f"another process has just begun to write to {self._alias}") from error
            raise

    def _write(self, params: Mapping[str, Any]) -> None:
        body = {**self._holder.__dict__, "renewed": time.time()}
        answer = self._cluster.request("PUT", self._path, body, params=params, timeout=10)
        self._version = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}

    def _renew(self) -> None:
        while not self._released.wait(RENEW_EVERY):
            try:
                self._write(self._version)
            except ClusterUnreachableError:
                continue  # the node is away for everybody: whoever comes first when it is back has the lease
            except ClusterRefusedError as error:
                if error.status in (404, 409) and not self._still_ours():
                    self.lost.set()
                    return

    def _still_ours(self) -> bool:
        """A renewal whose answer was lost conflicts with itself: look who is in the document."""
        try:
            found = self._cluster.request("GET", self._path)
        except (ClusterRefusedError, ClusterUnreachableError):
            return False
        source = found["_source"]
        if (source["host"], source["pid"], source["started"]) != (
            self._holder.host,
            self._holder.pid,
            self._holder.started,
        ):
            return False
        self._version = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
        return True


def of_releases(alias: str) -> str:
    """Return the name of the lease that a release holds while it builds; updates go on meanwhile."""
    return f"{alias}~release"


def holder(cluster: Cluster, alias: str) -> dict[str, Any] | None:
    """Return who holds the lease of `alias` (host, pid, purpose, since), or None."""
    try:
        source = cluster.request("GET", path(INDEX, "_doc", alias))["_source"]
    except ClusterRefusedError as error:
        if error.status == 404:
            return None
        raise
    return source if _alive(source, socket.gethostname()) else None


def _alive(source: Mapping[str, Any], here: str) -> bool:
    if source["host"] == here:
        try:
            if abs(psutil.Process(source["pid"]).create_time() - source["started"]) > 1:
                return False
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            pass  # somebody else's process, but it lives
    return time.time() - source["renewed"] < TTL


def _held(alias: str, source: Mapping[str, Any]) -> str:
    return (
        f"{alias} is being written to by another process ({source['purpose']}, process {source['pid']} on "
        f"{source['host']}, since {source['since']}); wait for it to end"
    )


def _ensure_index(cluster: Cluster) -> None:
    settings = {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True}}
    try:
        cluster.request("PUT", f"/{INDEX}", {"settings": settings, "mappings": {"dynamic": False}})
    except ClusterRefusedError as error:
        if "resource_already_exists_exception" not in error.reason:
            raise
