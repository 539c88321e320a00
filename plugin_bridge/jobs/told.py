"""What a child has told: the JSON lines of its standard output, read on from where reading stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

EVENTS_FILE = "events.jsonl"
ERRORS_FILE = "errors.txt"
_MOST_FIGURES = 1000
_MOST_AT_ONCE = 8 * 2**20
_TAIL = 256 * 1024
_ERROR_MARK = "kindred:"


@dataclass
class Told:
    """The sum of a child's lines so far. `offset` is how far its file was read; half a line is left for later."""

    progress: Mapping[str, Any] | None = None
    figures: list[Mapping[str, Any]] = field(default_factory=list)
    result: Mapping[str, Any] | None = None
    offset: int = 0

    def read_on(self, folder: Path) -> list[Mapping[str, Any]]:
        """Take in what was told since, and return it line by line."""
        events = []
        try:
            with (folder / EVENTS_FILE).open("rb") as stream:
                stream.seek(self.offset)
                text = stream.read(_MOST_AT_ONCE)
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            event = _event(line)
            self._take(event)
            events.append(event)
        return events

    def _take(self, event: Mapping[str, Any]) -> None:
        kind = event["event"]
        if kind == "progress":
            self.progress = {name: event.get(name) for name in ("step", "of", "message", "seconds_left")}
        elif kind == "figures":
            self.figures.append({name: value for name, value in event.items() if name != "event"})
            if len(self.figures) > _MOST_FIGURES:
                del self.figures[1:-1:2]  # every second one: the curve keeps its shape
        elif kind == "result":
            self.result = event.get("result")


def log_text(folder: Path) -> str:
    """Return what a child said in words: its log lines, then the end of its standard error."""
    told = [f"{one['message']}\n" for one in Told().read_on(folder) if one["event"] == "log"]
    return "".join(told) + _tail(folder / ERRORS_FILE)


def last_words(folder: Path) -> str | None:
    """Return the sentence with which the command says why it failed, else the last line, None where there is none."""
    lines = [line.strip() for line in _tail(folder / ERRORS_FILE).splitlines() if line.strip()]
    worded = [line for line in lines if line.startswith(_ERROR_MARK)]
    if worded:
        return worded[-1].removeprefix(_ERROR_MARK).strip()
    return lines[-1] if lines else None


def _event(line: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(line)
        if isinstance(found, dict) and isinstance(found.get("event"), str):
            return found
    except orjson.JSONDecodeError:
        pass
    # A library that prints: nothing of it is lost, and it breaks nothing.
    return {"event": "log", "message": line.decode("utf-8", "replace")}


def _tail(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _TAIL))
            return stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
