"""Counts of what cleaning met, and the lines that people should look at."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from plugin_bridge.catalogue.cleaning import Product, Rejected
from plugin_bridge.catalogue.readers import BadRow

SHOWN = 20


@dataclass
class CleaningReport:
    """Counts over a whole file.

    `rejected` counts rows by reason, `mended` what was normalised (fields), `lost` field values that were left
    out; `problems` are the first lines of each kind, worded.
    """

    rows: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, outcome: Product | Rejected | BadRow) -> None:
        """Count one row."""
        self.rows += 1
        if isinstance(outcome, Product):
            self.accepted += 1
            for note in outcome.notes:
                self._note(outcome.line, note.code, note.field, note.detail, note.loss)
            return
        code = outcome.code if isinstance(outcome, Rejected) else "unreadable"
        self.rejected[code] += 1
        if code != "empty" and self.rejected[code] <= SHOWN:
            self.problems.append(f"line {outcome.line}: {outcome.reason}")

    def _note(self, line: int, code: str, name: str, detail: str, loss: bool) -> None:
        if not loss:
            self.mended[code] += 1
            return
        self.lost[code] += 1
        if self.lost[code] <= SHOWN:
            self.problems.append(f"line {line}: field {name}: {detail}")

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for a JSON document."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": dict(self.rejected),
            "mended": dict(self.mended),
            "lost": dict(self.lost),
        }
