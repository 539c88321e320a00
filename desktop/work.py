"""The only threads of the desktop: jobs go out to a pool and their results come back on the GUI's thread."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

T = TypeVar("T")
log = logging.getLogger(__name__)
_THREADS = 8


class Work(QObject):
    """A pool of threads. Made on the GUI's thread; `run` may be called there only."""

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = _THREADS) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._open = True
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(self, job: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `job` in a thread, then call `done` or `failed` on the GUI's thread, unless the desktop was closed."""
        if self._open:
            self._pool.start(_Task(job, done, failed, self._emit))

    def close(self, wait_ms: int = 2000) -> None:
        """Take no more work, drop what has not begun, deliver nothing more, and wait a little for the rest."""
        self._open = False
        self._pool.clear()
        self._pool.waitForDone(wait_ms)

    def _emit(self, call: Callable[[], None]) -> None:
        if self._open:
            self._finished.emit(call)

    @Slot(object)
    def _deliver(self, call: Callable[[], None]) -> None:
        if self._open:
            call()


class _Task(QRunnable):
    def __init__(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        emit: Callable[[Callable[[], None]], None],
    ) -> None:
        super().__init__()
        self._job, self._done, self._failed, self._emit = job, done, failed, emit

    def run(self) -> None:
        """Do the job; what it raises is handed over, and logged."""
        try:
            result = self._job()
        except Exception as error:
            log.info("a job failed", exc_info=error)
            self._emit(lambda failure=error: self._failed(failure))  # type: ignore[misc]
        else:
            self._emit(lambda: self._done(result))
