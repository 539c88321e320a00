"""What a long command tells of itself while it runs: JSON lines for programs, a display for people.

One object a line on standard output. A job of the bridge reads these very lines:

- `{"event": "progress", "step": 3, "of": 40, "message": "...", "seconds_left": 12}`,
  where `of` and `seconds_left` may be null
- `{"event": "figures", "step": 3, "loss": 0.2, "valid": {"f1": 0.8}}` (`loss` and `valid` where they are known)
- `{"event": "log", "message": "..."}`, with `"level": "warning"` where a person should know
- last `{"event": "result", "result": {...}}`

Code that may not import this room (training in `encoders`) makes the same mappings and calls what it was given.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

import orjson
from rich.markup import escape
from rich.progress import Progress, TaskID

from plugin_bridge.cli.output import console
from plugin_bridge.cli.output import progress as drawn

EVENTS = ("progress", "figures", "log", "result")
Tell = Callable[[Mapping[str, Any]], None]
"""Takes one event: a mapping whose `event` is one of EVENTS."""


class Lines:
    """Tells events to whatever shows them; calling it passes an event on that is a mapping already."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Tell an event; raises ValueError for one that nobody could read."""
        if event.get("event") not in EVENTS:
            raise ValueError(f"an event is one of {', '.join(EVENTS)}, not {event.get('event')!r}")
        self._tell(event)

    def progress(self, step: int, of: int | None = None, message: str = "", seconds_left: float | None = None) -> None:
        """Tell that `step` of `of` is done (`of` None: nobody knows how many), and what is being done."""
        self({"event": "progress", "step": step, "of": of, "message": message, "seconds_left": seconds_left})

    def figures(self, step: int, loss: float | None = None, valid: Mapping[str, Any] | None = None) -> None:
        """Tell what was measured at a step."""
        told: dict[str, Any] = {"event": "figures", "step": step}
        if loss is not None:
            told["loss"] = loss
        if valid is not None:
            told["valid"] = dict(valid)
        self(told)

    def log(self, message: str, level: str = "info") -> None:
        """Tell a sentence; `level` is `info` or `warning`."""
        self({"event": "log", "message": message, "level": level})

    def result(self, result: Mapping[str, Any]) -> None:
        """Tell what came of it: the last line."""
        self({"event": "result", "result": dict(result)})


@contextmanager
def telling(json: bool) -> Iterator[Lines]:
    """Yield what a command tells its progress to: JSON lines on standard output, or a display on standard error.

    The display does not show the result: the command words it itself when it ends.
    """
    if json:
        # The stream as it is now: a training sends standard output elsewhere while its libraries print.
        stream = sys.stdout
        yield Lines(lambda event: write_line(event, stream))
        return
    with drawn() as display:
        yield Lines(_shown(display, display.add_task("starting", total=None)))


def write_line(event: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Write one event as a line of JSON on a stream (None: standard output), at once."""
    options = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    out = stream or sys.stdout
    out.write(orjson.dumps(event, option=options, default=str).decode() + "\n")
    out.flush()


def _shown(display: Progress, task: TaskID) -> Tell:
    def tell(event: Mapping[str, Any]) -> None:
        if event["event"] == "progress":
            display.update(task, description=escape(event["message"]), total=event.get("of"), completed=event["step"])
        elif event["event"] == "figures":
            console.print(f"[cyan]step {event['step']}[/] {escape(_worded(event))}", soft_wrap=True)
        elif event["event"] == "log":
            colour = "yellow" if event.get("level") == "warning" else "cyan"
            console.print(f"[{colour}]{escape(event['message'])}[/]", soft_wrap=True)

    return tell


def _worded(event: Mapping[str, Any]) -> str:
    figures = {**({"loss": event["loss"]} if "loss" in event else {}), **event.get("valid", {})}
    return ", ".join(f"{name} {_figure(value)}" for name, value in figures.items())


def _figure(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
