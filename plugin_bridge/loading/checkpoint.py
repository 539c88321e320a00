"""What a load has behind it, on disk, so that a killed one goes on where it stopped.

The first line of a checkpoint says which load it belongs to; each further line is a run of rows that OpenSearch
has acknowledged. Lines are only added, and reach the disk before the next one is written; a last line that was
torn by a crash does not count, and its rows are sent again, to the same ids.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from plugin_bridge.errors import LoadError

FORMAT = 1


@dataclass(frozen=True)
class Origin:
    """What a load depends on: any difference means that its first part would not fit its second."""

    path: str
    sha256: str
    size: int
    index: str
    text: str
    image: str | None
    images: str | None
    encoding: str | None
    recipe: str


@dataclass(frozen=True)
class Settled:
    """A run of rows (first and last line, inclusive) and what became of its products."""

    first: int
    last: int
    documents: int
    refused: int = 0
    photos: dict[str, int] = field(default_factory=dict)


class Checkpoint:
    """One load's file. Not safe to share between threads; the loader adds to it under its own lock."""

    def __init__(self, file: Path, origin: Origin, settled: list[Settled]) -> None:
        self._file = file
        self.origin = origin
        self.settled = settled

    @classmethod
    def begin(cls, file: Path, origin: Origin) -> "Checkpoint":
        """Start a new file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, {"format": FORMAT, **asdict(origin)}, mode="wb")
        return cls(file, origin, [])

    @classmethod
    def read(cls, file: Path) -> "Checkpoint":
        """Read what is there; raise LoadError where that is no checkpoint."""
        lines = file.read_bytes().split(b"\n")
        try:
            head = orjson.loads(lines[0])
            if head.pop("format") != FORMAT:
                raise LoadError(f"{file}: a checkpoint of another version; load without --resume")
            origin = Origin(**head)
            settled = [Settled(**orjson.loads(line)) for line in lines[1:-1] if line]
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
            raise LoadError(f"{file}: cannot be read ({error}); load without --resume") from error
        # What follows the last line end was torn: cut it off, so that the next line begins on its own.
        with file.open("r+b") as stream:
            stream.truncate(sum(len(line) + 1 for line in lines[:-1]))
        return cls(file, origin, settled)

    def add(self, settled: Settled) -> None:
        """Note that a run of rows is acknowledged; on return it is on the disk."""
        _write(self._file, asdict(settled), mode="ab")
        self.settled.append(settled)

    def remove(self) -> None:
        """The load is finished."""
        self._file.unlink(missing_ok=True)

    def lines(self) -> "Lines":
        """Return the settled lines, to ask for one after the other in rising order."""
        return Lines(self.settled)

    def refuse_other(self, origin: Origin) -> None:
        """Raise LoadError, naming the difference, where `origin` is not the one this load began with."""
        then, now = asdict(self.origin), asdict(origin)
        if then["sha256"] != now["sha256"]:
            raise LoadError(
                f"{origin.path} is not the file that the interrupted load began with ({then['path']}, "
                f"{then['size']:,} bytes; now {now['size']:,} bytes with other content); load without --resume"
            )
        for name, words in _WORDS.items():
            if then[name] != now[name]:
                raise LoadError(
                    f"the interrupted load used {words} {then[name]!r}, this one {now[name]!r}; "
                    "use the same, or load without --resume"
                )


_WORDS = {
    "text": "the text encoder",
    "image": "the photo encoder",
    "images": "the photo folder",
    "encoding": "the encoding",
    "recipe": "the text recipe",
}


class Lines:
    """Tells for rising line numbers whether they are settled."""

    def __init__(self, settled: list[Settled]) -> None:
        self._runs: Iterator[Settled] = iter(sorted(settled, key=lambda run: run.first))
        self._run = next(self._runs, None)

    def __contains__(self, line: object) -> bool:
        if not isinstance(line, int):
            return False
        while self._run is not None and self._run.last < line:
            self._run = next(self._runs, None)
        return self._run is not None and self._run.first <= line


def sha256_of(path: Path) -> str:
    """Return the hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(file: Path, record: dict[str, Any], *, mode: str) -> None:
    with file.open(mode) as stream:
        stream.write(orjson.dumps(record) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
