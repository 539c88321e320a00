"""The only threads of the desktop: jobs go out to them and their results come back on the GUI's thread."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

T = TypeVar("T")
log = logging.getLogger(__name__)
_THREADS = 8
_Job = tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]


class Work(QObject):
    """A few threads. Made on the GUI's thread; `run` may be called there only.

    Python's own threads, not Qt's: what they run and return are Python objects, and Qt shall never be the one to delete
    them. They are daemons, so that a bridge that does not answer does not keep the desktop from ending.
    """

    _arrived = Signal()

    def __init__(self, parent: QObject | None = None, threads: int = _THREADS) -> None:
        super().__init__(parent)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._open = True
        self._audience = 0
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._threads = [threading.Thread(target=self._work, name=f"work-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `job` in a thread, then call `done` or `failed` on the GUI's thread, unless the desktop was closed."""
        if self._open:
            audience = self._audience
            self._jobs.put((job, self._for(audience, done), self._for(audience, failed)))

    def forget(self) -> None:
        """Deliver nothing of what was asked for so far: those who asked are about to be deleted."""
        self._audience += 1

    def close(self, wait_seconds: float = 2.0, *, drop: bool = True) -> None:
        """Take no more work, drop what has not begun, deliver nothing more, and wait a little for the rest.

        With `drop` false what has not begun is done, too.
        """
        self._open = False
        while drop and not self._jobs.empty():
            try:
                self._jobs.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(wait_seconds / len(self._threads))

    def _for(self, audience: int, call: Callable[[Any], None]) -> Callable[[Any], None]:
        return lambda value: call(value) if audience == self._audience else None

    def _work(self) -> None:
        while (taken := self._jobs.get()) is not None:
            job, done, failed = taken
            self._results.put(_outcome(job, done, failed))
            if self._open:
                try:
                    self._arrived.emit()
                except RuntimeError:  # the desktop ended meanwhile
                    return

    @Slot()
    def _deliver(self) -> None:
        try:
            call = self._results.get_nowait()
        except queue.Empty:
            return
        if self._open:
            call()


def _outcome(
    job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]
) -> Callable[[], None]:
    """Do a job and return what is to be called with its result, or with what it raised."""
    try:
        result = job()
    except Exception as error:
        log.info("a job failed", exc_info=error)
        failure = error
        return lambda: failed(failure)
    return lambda: done(result)
