"""What is no purchase of a product, and why: pure rules over single rows, and the counts of what they left out."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

# Codes that shops book services and corrections under, and titles that say the same in words.
SERVICE_CODES = frozenset(
    {
        "ADJUST",
        "ADJUST2",
        "AMAZONFEE",
        "BANK CHARGES",
        "CRUK",
        "DISCOUNT",
        "DOT",
        "MANUAL",
        "POST",
        "POSTAGE",
        "SHIPPING",
    }
)
_SERVICE_TITLES = re.compile(
    r"\s*(?:dotcom\s+)?(?:postage|carriage|shipping|delivery(?:\s+charge)?|manual|discount|bank\s+charges|"
    r"(?:stock\s+)?adjust(?:ment)?(?:\s+by\b.*|\s+bad\s+debt)?|(?:amazon|commission)\s+fee|samples?)\s*",
    re.IGNORECASE,
)
_TEST_ITEMS = re.compile(r"test\d*", re.IGNORECASE)
SHOWN = 20  # problems that are kept with their line


@dataclass(frozen=True)
class Row:
    """One line of an order, or one event: `time` is seconds since 1970 in UTC, `order` also stands for a session."""

    order: str
    time: float
    customer: str
    item: str
    title: str = ""
    quantity: float = 1.0
    price: float = 0.0
    context: str = ""
    kind: str = "purchase"


@dataclass
class Cleaning:
    """How many rows were read, and how many were left out for which reason; `problems` are the first, with line."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, where: str | None = None) -> None:
        """Count a row that is left out; one that is broken is also told with its place."""
        self.left_out[reason] += 1
        if where is not None and len(self.problems) < SHOWN:
            self.problems.append(where)

    @property
    def kept(self) -> int:
        """Rows that were not left out."""
        return self.rows - sum(self.left_out.values())

    def to_json(self) -> dict[str, Any]:
        """Return the counts."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "left_out": dict(sorted(self.left_out.items())),
            "noted": dict(sorted(self.noted.items())),
            "problems": self.problems,
        }


def is_service(item: str, title: str) -> bool:
    """Whether a line is postage, a fee, a discount or a correction rather than a product."""
    code = item.strip().upper()
    return code in SERVICE_CODES or bool(_TEST_ITEMS.fullmatch(code)) or bool(_SERVICE_TITLES.fullmatch(title))


def is_cancelled(order: str, quantity: float) -> bool:
    """Whether a line takes something back: nothing or less was bought, or the order is one of a cancellation."""
    return quantity <= 0 or (order[:1] in "Cc" and order[1:].isdigit())


def seconds_of(text: str, zone: tzinfo = UTC) -> float:
    """Return a time as seconds since 1970 in UTC; a time without an offset is one in `zone`. Raises ValueError."""
    stated = text.strip()
    if stated.isdigit() and len(stated) in (10, 13):
        return int(stated) / (1000 if len(stated) == 13 else 1)
    moment = datetime.fromisoformat(stated)
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).timestamp()
