"""CSV for people who open it in a spreadsheet: no cell may become a formula there."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from plugin_bridge.errors import BehaviourError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """Return a cell that a spreadsheet shows as it is: one that would be a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def write_table(path: Path, rows: Iterable[Iterable[str]]) -> int:
    """Write rows, the first being the header, whole or not at all; returns how many came after the header."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    count = -1
    try:
        with draft.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            for row in rows:
                writer.writerow([harmless(cell) for cell in row])
                count += 1
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BehaviourError(f"{path} cannot be written: {error.strerror}") from error
    return max(count, 0)
