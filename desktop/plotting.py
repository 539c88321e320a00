"""What a plot shows, as frozen values, and its data as CSV. Free of Qt, so that presenters can make plots."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop.errors import KeepingError
from desktop.i18n import tr
from desktop.search.export import guarded


@dataclass(frozen=True)
class Line:
    """One line of a plot: its points from left to right, and around them a band where `low` and `high` are given.

    `colour` is the name of a token of the theme. `dots` marks each point: for few points, and never colour alone.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    colour: str = "accent"
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over two named axes. `ticks` are the labels of the lower axis, where it does not show numbers."""

    x: str
    y: str
    lines: tuple[Line, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(line.x for line in self.lines)

    @property
    def spoken(self) -> str:
        """The chart in words, for a screen reader: each line's last point."""
        labels = dict(self.ticks)
        return "; ".join(
            f"{line.name}: {line.y[-1]:.3g} ({labels.get(line.x[-1], f'{line.x[-1]:g}')})"
            for line in self.lines
            if line.x
        )

    def rows(self) -> list[list[str]]:
        """Return the data as rows with a heading: one row a point."""
        labels = dict(self.ticks)
        found = [["line", self.x, self.y, "low", "high"]]
        for line in self.lines:
            for place, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
                ends = (f"{side[place]:g}" if place < len(side) else "" for side in (line.low, line.high))
                found.append([line.name, labels.get(x, f"{x:g}"), f"{y:g}", *ends])
        return found


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows whole or not at all, no cell a formula to a spreadsheet; KeepingError where it cannot be written."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # The mark at the beginning tells Excel that it is UTF-8.
        with beside.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows([guarded(cell) for cell in row] for row in rows)
        beside.replace(path)
    except OSError as error:
        message = tr("{name} cannot be written: {reason}.", name=path.name, reason=error.strerror or error)
        raise KeepingError(message, repr(error)) from error
    finally:
        beside.unlink(missing_ok=True)
