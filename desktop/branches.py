"""A tree as frozen values: what a `TreeModel` shows. Free of Qt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Branch:
    """One row: its cells, what it stands for, and the rows below it. `key` is its name among all rows of the tree."""

    key: str
    cells: tuple[str, ...]
    value: Any = None
    children: tuple["Branch", ...] = ()
    share: float | None = None  # 0 to 1, drawn as a bar in the last column
    spoken: str = ""


def walk(branches: Sequence[Branch]) -> Iterator[Branch]:
    """Yield every row of a tree, parents before their children."""
    for one in branches:
        yield one
        yield from walk(one.children)
