"""Files that list what a load left out, one JSON object a line, made so that a resumed load lists nothing twice."""

import threading
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class Letters:
    """A JSON Lines file that exists only once it has a line. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()

    @property
    def name(self) -> str | None:
        """The file's path, or None where nothing was written."""
        return str(self.file) if self.file.exists() else None

    def add(self, records: Iterable[dict[str, Any]]) -> None:
        """Append records."""
        data = b"".join(orjson.dumps(record, option=_OPTIONS, default=str) + b"\n" for record in records)
        if not data:
            return
        with self._lock:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("ab") as stream:
                stream.write(data)

    def clear(self) -> None:
        """Start anew."""
        self.file.unlink(missing_ok=True)

    def keep_chunks(self, chunks: Collection[int]) -> None:
        """Keep the records of these chunks only: a chunk that was not acknowledged is sent, and booked, again."""
        if not self.file.exists():
            return
        kept = []
        for line in self.file.read_bytes().split(b"\n")[:-1]:
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # torn by the crash that this load resumes from; its chunk is sent again
            if record.get("chunk") in chunks:
                kept.append(line + b"\n")
        self.file.write_bytes(b"".join(kept))
        if not kept:
            self.clear()
