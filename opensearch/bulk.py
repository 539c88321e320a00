"""Bulk requests that arrive: sized by bytes, repeated where that helps, and honest about what was refused.

opensearch-py's own helper gives up on the first 429 and never repeats a 503 or a dropped connection, so this loop
is ours:

| answer | what happens |
|---|---|
| 429, 502, 503, 504, a dropped connection, no answer | wait with jitter, send again (of a partly done request only what failed), up to `patience` seconds without progress |
| 413 | halve the request, and make later ones smaller; one document too large is refused |
| a block on the index (disk flood, read-only) | say so once, wait up to `block_patience` seconds for it to be lifted |
| 500 for one document | three attempts, then refused |
| 400 and the like for one document | refused with OpenSearch's reason |
| 400 for the whole request | halve it until the culprit stands alone |

Every action must be safe to repeat: a request whose answer was lost may have been carried out.
"""  # noqa: E501

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError, OpenSearchError

Notify = Callable[[str], None]
T = TypeVar("T")

_FILTER = "errors,items.*.status,items.*.result,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason"
_PASSING = frozenset((429, 502, 503, 504))
_ATTEMPTS_AT_500 = 3
_BLOCK = "cluster_block_exception"
_PAUSED = (
    "paused, the index takes no writes ({why}). Free disk space or lift the block (index.blocks.*); "
    "this goes on by itself, waiting {limit:g} s at most"
)


@dataclass(frozen=True)
class Action:
    """One operation: `body` is its line or two of NDJSON, with the line ends."""

    id: str
    body: bytes


@dataclass(frozen=True)
class Refusal:
    """An operation that OpenSearch will not carry out, and why."""

    id: str
    status: int
    reason: str


@dataclass
class Outcome:
    """What became of a list of actions: how many were done, by result (`created`, `updated`, ...), and the rest."""

    done: int = 0
    results: dict[str, int] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take in the outcome of further actions."""
        self.done += other.done
        self.refused.extend(other.refused)
        for result, count in other.results.items():
            self.results[result] = self.results.get(result, 0) + count


@dataclass(frozen=True)
class Patience:
    """How long to keep trying. All times are seconds.

    `patience` bounds the time without any progress while OpenSearch is overloaded, away or restarting,
    `block_patience` the time that an index may stay blocked (a full disk). A wait grows from `first` to `longest`.
    """

    patience: float = 600.0
    block_patience: float = 3600.0
    first: float = 0.5
    longest: float = 20.0
    timeout: float = 120.0


class BulkStoppedError(OpenSearchError):
    """The caller's stop event was set while a bulk request was waiting or unfinished."""


class IndexBlockedError(OpenSearchError):
    """The index stayed read-only for longer than the patience for it."""


def index_action(identity: str, source: bytes) -> Action:
    """Return the action that writes a whole document; `source` is its JSON without line breaks."""
    return Action(identity, b'{"index":{"_id":%s}}\n%s\n' % (orjson.dumps(identity), source))


def update_action(identity: str, changes: bytes) -> Action:
    """Return the action that changes some fields of a document and leaves the others, vectors included."""
    head = b'{"update":{"_id":%s,"retry_on_conflict":3}}' % orjson.dumps(identity)
    return Action(identity, b'%s\n{"doc":%s}\n' % (head, changes))


def careful_update_action(identity: str, changes: bytes, *, seq_no: int, primary_term: int) -> Action:
    """Return the action that changes some fields of a document if nobody has written it since it was read, else 409.

    Where its answer was lost and it was sent again, it conflicts with itself: read the document before you judge.
    """
    head = b'{"update":{"_id":%s,"if_seq_no":%d,"if_primary_term":%d}}' % (orjson.dumps(identity), seq_no, primary_term)
    return Action(identity, b'%s\n{"doc":%s}\n' % (head, changes))


def delete_action(identity: str) -> Action:
    """Return the action that deletes a document; deleting what is not there is done with result `not_found`."""
    return Action(identity, b'{"delete":{"_id":%s}}\n' % orjson.dumps(identity))


class BulkSender:
    """Sends actions to one index. Safe to share between threads: what one learns about sizes serves all."""

    def __init__(
        self,
        cluster: Cluster,
        index: str,
        *,
        max_bytes: int = 4 * 2**20,
        patience: Patience | None = None,
        notify: Notify | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._cluster = cluster
        self._path = path(index, "_bulk")
        self._patience = patience or Patience()
        self._notify = notify or (lambda message: None)
        self._stop = stop or threading.Event()
        self.max_bytes = max_bytes
        self._state, self._lock = "", threading.Lock()

    def send(self, actions: Sequence[Action]) -> Outcome:
        """Send the actions in requests of at most `max_bytes` and return what became of each of them.

        Raises:
            ClusterUnreachableError, ClusterRefusedError: patience ran out, or the cluster refuses all requests
                (credentials, missing index).
            IndexBlockedError: the index stayed read-only.
            BulkStoppedError: the stop event was set.
        """
        outcome = Outcome()
        for part in pack(actions, self.max_bytes):
            outcome.add(self._send_part(part))
        return outcome

    def _send_part(self, actions: list[Action]) -> Outcome:
        """Send one request until every action in it is done or refused."""
        outcome, pending, faults = Outcome(), actions, Counter[str]()
        wait = _Wait(self._patience, self._stop)
        while pending:
            why: Exception = ClusterRefusedError(429, "documents are put off for too long", request=self._path)
            try:
                answer = self._request(pending)
            except ClusterUnreachableError as error:
                why, again, block = error, pending, ""
            except ClusterRefusedError as error:
                why, again, block = error, pending, error.reason if _BLOCK in error.reason else ""
                if error.status in (400, 413):
                    outcome.add(self._halve(pending, error))
                    return outcome
                if error.status not in _PASSING and not block:
                    raise
            else:
                again, block = self._sort(pending, answer, outcome, faults)
            if len(again) < len(pending):
                wait.progress()
            pending = again
            if pending and block:
                self._tell("blocked", _PAUSED.format(why=block, limit=self._patience.block_patience))
                wait.blocked(block)
            elif pending:
                self._tell("busy", f"waiting for OpenSearch: {why}")
                wait.overloaded(why)
        self._tell("", "OpenSearch takes writes again, going on")
        return outcome

    def _tell(self, state: str, message: str) -> None:
        """Tell the person when the state changes, once for all threads."""
        with self._lock:
            changed, self._state = state != self._state, state
        if changed:
            self._notify(message)

    def _request(self, actions: Sequence[Action]) -> dict[str, Any]:
        if self._stop.is_set():
            raise BulkStoppedError("stopped")
        body = b"".join(action.body for action in actions)
        params = {"filter_path": _FILTER}
        return self._cluster.request("POST", self._path, body, params=params, timeout=self._patience.timeout)

    def _halve(self, actions: list[Action], error: ClusterRefusedError) -> Outcome:
        if len(actions) == 1:
            size = len(actions[0].body)
            reason = f"{size} bytes are more than the cluster takes" if error.status == 413 else error.reason
            return Outcome(refused=[Refusal(actions[0].id, error.status, reason)])
        if error.status == 413:
            size = sum(len(action.body) for action in actions)
            self.max_bytes = max(2**14, min(self.max_bytes, size // 2))
        middle = len(actions) // 2
        outcome = self._send_part(actions[:middle])
        outcome.add(self._send_part(actions[middle:]))
        return outcome

    def _sort(
        self, actions: Sequence[Action], answer: dict[str, Any], outcome: Outcome, faults: Counter[str]
    ) -> tuple[list[Action], str]:
        """Book what is settled; return what to send again, and the block that stands in the way if there is one."""
        items = [next(iter(item.values())) for item in answer.get("items", ())]
        if len(items) != len(actions):
            raise ClusterRefusedError(500, f"{len(items)} answers to {len(actions)} operations", request=self._path)
        again, block = [], ""
        for action, item in zip(actions, items, strict=True):
            status, error = item["status"], item.get("error")
            if error is None or (status == 404 and item.get("result") == "not_found"):
                result = item.get("result", "done")
                outcome.done += 1
                outcome.results[result] = outcome.results.get(result, 0) + 1
            elif error.get("type") == _BLOCK:
                again.append(action)
                block = _words(error)
            elif status in _PASSING or (status >= 500 and faults[action.id] + 1 < _ATTEMPTS_AT_500):
                if status not in _PASSING:
                    faults[action.id] += 1
                again.append(action)
            else:
                outcome.refused.append(Refusal(action.id, status, _words(error)))
        return again, block


def patiently(work: Callable[[], T], patience: Patience, notify: Notify, stop: threading.Event) -> T:
    """Return what `work` returns, repeating it while the cluster is away or overloaded; it must be safe to repeat."""
    wait, told = _Wait(patience, stop), False
    while True:
        try:
            return work()
        except (ClusterUnreachableError, ClusterRefusedError) as error:
            if isinstance(error, ClusterRefusedError) and error.status not in _PASSING:
                raise
            if not told:
                notify(f"waiting for OpenSearch: {error}")
            told = True
            wait.overloaded(error)


def pack(actions: Sequence[Action], max_bytes: int) -> Iterator[list[Action]]:
    """Yield the actions, in order, in lists of at most `max_bytes`; a larger action stands alone."""
    part: list[Action] = []
    size = 0
    for action in actions:
        if part and size + len(action.body) > max_bytes:
            yield part
            part, size = [], 0
        part.append(action)
        size += len(action.body)
    if part:
        yield part


def _words(error: dict[str, Any]) -> str:
    words = [f"{error.get('type')}: {error.get('reason')}"]
    inner = (error.get("caused_by") or {}).get("reason")
    if inner and inner not in words[0]:
        words.append(inner)
    return " ".join("; ".join(words).split())[:1000]


class _Wait:
    """Waits with jitter, and gives up when there was no progress for long."""

    def __init__(self, patience: Patience, stop: threading.Event) -> None:
        self._patience, self._stop = patience, stop
        self.progress()

    def progress(self) -> None:
        """Start counting anew: something was done."""
        self._begun = time.monotonic()
        self._attempts = 0

    def overloaded(self, why: Exception) -> None:
        """Wait a little; raise `why` where that has gone on for too long."""
        if time.monotonic() - self._begun > self._patience.patience:
            raise why
        self._sleep()

    def blocked(self, why: str) -> None:
        """Wait a little for a block to be lifted."""
        limit = self._patience.block_patience
        if time.monotonic() - self._begun > limit:
            raise IndexBlockedError(f"the index took no writes for {limit:g} s: {why}")
        self._sleep()

    def _sleep(self) -> None:
        ceiling = min(self._patience.longest, self._patience.first * 2**self._attempts)
        self._attempts += 1
        # Half fixed, half by chance: senders that were refused together do not come back together.
        if self._stop.wait(ceiling * random.uniform(0.5, 1.0)):
            raise BulkStoppedError("stopped")
