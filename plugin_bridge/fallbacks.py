"""Counting fallbacks: requests that went through a drop-in pipeline and came back without the bridge's rewrite.

OpenSearch itself does not tell (its statistics call a failed call of the bridge a success), so two counts are
compared: the pipeline's, and the rewrites that the bridge served. Both must survive the death of either process.
The served count lives in a memory-mapped file, which the operating system keeps also when the bridge is killed; the
pipeline's counter, which starts at 0 again with its node, is added up in a ledger.
"""

import mmap
import os
import struct
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
from filelock import FileLock

_COUNT = struct.Struct("<Q")


@dataclass(frozen=True)
class Passages:
    """Requests of one generation since it was first seen. `fallbacks` can lag behind by requests under way."""

    requests: int
    served: int

    @property
    def fallbacks(self) -> int:
        """Requests that were answered by keywords because the bridge did not answer, or refused."""
        return max(0, self.requests - self.served)


class Tally:
    """A counter in a file of 8 bytes that outlives the process. One process counts, any may read."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as stream:
            if stream.seek(0, os.SEEK_END) < _COUNT.size:
                stream.truncate(_COUNT.size)
            self._map = mmap.mmap(stream.fileno(), _COUNT.size)
        self._lock = threading.Lock()
        (self._count,) = _COUNT.unpack_from(self._map)

    def add(self) -> None:
        """Count one."""
        with self._lock:
            self._count += 1
            _COUNT.pack_into(self._map, 0, self._count)

    @property
    def count(self) -> int:
        """The count so far."""
        return int(_COUNT.unpack_from(self._map)[0])


@dataclass(frozen=True)
class _Entry:
    """A pipeline's counter: at the last look, and what it had counted before its node was started again.

    `before` is what it stood at when this home first saw it, beyond the rewrites served: not ours to judge.
    """

    last: int
    earlier: int = 0
    before: int = 0


class FallbackLedger:
    """Served rewrites and pipeline requests, by generation's index, kept in a folder."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "fallbacks"
        self._path = self._folder / "ledger.json"
        self._tallies: dict[str, Tally] = {}
        self._lock = threading.Lock()

    def tally(self, index: str) -> Tally:
        """Return the counter of rewrites served for an index."""
        found = self._tallies.get(index)
        if found is None:
            with self._lock:
                found = self._tallies.setdefault(index, Tally(self._tally_path(index)))
        return found

    def passages(self, counts: Mapping[str, int]) -> dict[str, Passages]:
        """Take the pipelines' counters as they are now and return what they and the tallies add up to."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_suffix(".lock"), timeout=10):
            entries = self._read()
            for index, now in counts.items():
                known = entries.get(index)
                if known is None:
                    entries[index] = _Entry(now, before=max(0, now - self._served(index)))
                else:
                    # A counter that fell belongs to a node that was started again.
                    earlier = known.earlier + (known.last if now < known.last else 0)
                    entries[index] = _Entry(now, earlier, known.before)
            self._write(entries)
        return {
            index: Passages(entry.earlier + entry.last - entry.before, self._served(index))
            for index, entry in entries.items()
        }

    def keep_only(self, indices: Collection[str]) -> None:
        """Drop the counts of every index that is not among these."""
        if not self._folder.is_dir():
            return
        with FileLock(self._path.with_suffix(".lock"), timeout=10):
            entries = self._read()
            gone = entries.keys() - set(indices)
            if gone:
                self._write({index: entry for index, entry in entries.items() if index not in gone})
        for index in gone:
            self._tallies.pop(index, None)
            self._tally_path(index).unlink(missing_ok=True)

    def _served(self, index: str) -> int:
        if index in self._tallies:
            return self._tallies[index].count
        path = self._tally_path(index)
        return Tally(path).count if path.exists() else 0

    def _tally_path(self, index: str) -> Path:
        return self._folder / f"{quote(index, safe='')}.served"

    def _read(self) -> dict[str, _Entry]:
        try:
            return {index: _Entry(**entry) for index, entry in orjson.loads(self._path.read_bytes()).items()}
        except FileNotFoundError:
            return {}

    def _write(self, entries: Mapping[str, _Entry]) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(orjson.dumps({index: asdict(entry) for index, entry in entries.items()}))
        draft.replace(self._path)
