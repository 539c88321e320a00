"""Reading, encoding and sending at the same time, with bounded queues between them."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_TICK = 0.05


class Pipeline(Generic[A, B, C]):
    """Three stages in threads of their own; between two of them at most as many items wait as threads take them.

    The first failure of any stage stops all of them and is raised by `run`. `stop` is set then, so that a stage
    which waits (for a node that is away) can give up.
    """

    def __init__(
        self,
        prepare: Callable[[A], B],
        deliver: Callable[[B], C],
        settle: Callable[[C], None],
        *,
        workers: int,
        senders: int,
        stop: threading.Event,
    ) -> None:
        self._prepare, self._deliver, self._settle = prepare, deliver, settle
        self._stop = stop
        self._error: BaseException | None = None
        self._lock = threading.Lock()
        self._settling = threading.Lock()
        self._read: queue.Queue[A] = queue.Queue(workers)
        self._prepared: queue.Queue[B] = queue.Queue(senders)
        self._fed, self._all_prepared = threading.Event(), threading.Event()
        self._workers = [_Thread(self._work, self._fail) for _ in range(workers)]
        self._senders = [_Thread(self._send, self._fail) for _ in range(senders)]

    def run(self, items: Iterable[A]) -> None:
        """Send all items through; return when the last one is settled, or raise the first failure."""
        threads = (*self._workers, *self._senders)
        try:
            for thread in threads:
                thread.start()
            for item in items:
                if not self._put(self._read, item):
                    break
            self._fed.set()
            self._join(self._workers)
            self._all_prepared.set()
            self._join(self._senders)
        except BaseException as error:  # noqa: BLE001 - raised again below, when the threads have ended
            # Ctrl-C may come at any line, also between the starts: whoever has started must hear of it, or waits
            # for ever and keeps the process from ending.
            self._fail(error)
            self._join([thread for thread in threads if thread.ident is not None])
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (item := self._take(self._read, self._fed)) is not None:
            self._put(self._prepared, self._prepare(item))

    def _send(self) -> None:
        while (item := self._take(self._prepared, self._all_prepared)) is not None:
            done = self._deliver(item)
            with self._settling:
                self._settle(done)

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if self._error is None:
                self._error = error
        self._stop.set()

    def _put(self, target: "queue.Queue[A] | queue.Queue[B]", item: A | B) -> bool:
        while not self._stop.is_set():
            try:
                target.put(item, timeout=_TICK)  # type: ignore[arg-type]
                return True
            except queue.Full:
                continue
        return False

    def _take(self, source: "queue.Queue[T]", ended: threading.Event) -> "T | None":
        while not self._stop.is_set():
            try:
                return source.get(timeout=_TICK)
            except queue.Empty:
                # Asked in this order: what was put before `ended` was set is not overlooked.
                if ended.is_set() and source.empty():
                    return None
        return None

    def _join(self, threads: "Sequence[_Thread]") -> None:
        """Wait for threads in short steps, so that Ctrl-C arrives and stops them."""
        while not all(thread.ended.is_set() for thread in threads):
            try:
                for thread in threads:
                    thread.ended.wait(_TICK)
            except KeyboardInterrupt as error:
                self._fail(error)
        for thread in threads:
            thread.join()


class _Thread(threading.Thread):
    """A thread that hands its failure on and says that it has ended.

    Waiting for it by `join` alone would not do: where Ctrl-C interrupts a `join`, Python 3.11 takes the thread for
    stopped, ends while it still computes, and aborts.
    """

    def __init__(self, stage: Callable[[], None], fail: Callable[[BaseException], None]) -> None:
        super().__init__()
        self._stage, self._fail = stage, fail
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            self._stage()
        except BaseException as error:  # noqa: BLE001 - carried to the thread that called `Pipeline.run`
            self._fail(error)
        finally:
            self.ended.set()


T = TypeVar("T")
