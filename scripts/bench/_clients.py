"""Clients that send prepared requests over kept-open connections and note how long each answer took."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """One POST, ready to be sent."""

    url: str
    path: str
    body: bytes
    token: str | None = None


Work = Request | Callable[[], object]
"""What is timed: a request, or a function of this process that takes turns with requests."""


class Clients:
    """So many clients at once; each keeps one connection to every server."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count)
        self._own = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def send(self, works: Sequence[Work]) -> list[float]:
        """Send the requests, each by the first client that is free; return the seconds of each answer.

        Raises RuntimeError where an answer is not 200: a benchmark of failures would be fast.
        """
        return list(self._threads.map(self._time, works))

    def close(self) -> None:
        """Close all connections."""
        self._threads.shutdown()
        for connection in self._all:
            connection.close()

    def _time(self, work: Work) -> float:
        if isinstance(work, Request):
            return self._send(work)
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def _send(self, request: Request) -> float:
        connection = self._connection(request.url)
        headers = {"Content-Type": "application/json"}
        if request.token:
            headers["Authorization"] = f"Bearer {request.token}"
        started = time.perf_counter()
        connection.request("POST", request.path, request.body, headers)
        answer = connection.getresponse()
        content = answer.read()
        taken = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{request.url}{request.path} answered {answer.status}: {content[:500]!r}")
        return taken

    def _connection(self, url: str) -> http.client.HTTPConnection:
        kept: dict[str, http.client.HTTPConnection] = self._own.__dict__
        if url not in kept:
            kept[url] = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
            self._all.append(kept[url])
        return kept[url]


@contextmanager
def clients(count: int) -> Iterator[Clients]:
    """Yield so many clients."""
    made = Clients(count)
    try:
        yield made
    finally:
        made.close()


def in_rounds(
    sender: Clients, blocks: Mapping[str, Sequence[Sequence[Work]]]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Send block i of every variant in round i; return seconds by variant, and requests per second.

    The variants take turns, beginning one further in each round, so that a busy machine slows all of them alike.
    """
    names = list(blocks)
    taken: dict[str, list[float]] = {name: [] for name in names}
    spent = dict.fromkeys(names, 0.0)
    for turn in range(min(len(found) for found in blocks.values())):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.perf_counter()
            taken[name] += sender.send(blocks[name][turn])
            spent[name] += time.perf_counter() - started
    return taken, {name: len(taken[name]) / spent[name] for name in names}
