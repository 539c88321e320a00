"""Labels and judgments as frozen values, and how a pair is named."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Label = Literal["similar", "dissimilar", "skip"]
LABELS: tuple[Label, ...] = ("similar", "dissimilar", "skip")
SOURCES = ("queue", "search", "duplicates", "import")
MOST_RATING = 3
LONGEST_QUERY = 500
LONGEST_ID = 512  # bytes, as OpenSearch has it
_BETWEEN = "\u0001"  # no id of a product holds it

Pair = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """One label as a client sends it. `key` is the client's own: a repeat with the same key changes nothing.

    `at` is when it was said by the client's clock, where it says so.
    """

    key: str
    left: str
    right: str
    label: str
    at: str | None = None
    source: str = "search"


@dataclass(frozen=True)
class Judged:
    """One judgment as a client sends it: how relevant a product is for a query, 0 (not) to 3 (perfect)."""

    key: str
    query: str
    product: str
    rating: int
    at: str | None = None
    source: str = "search"


@dataclass(frozen=True)
class Saved:
    """One row that is on the disk; `state` is `already` where its key was known from before."""

    key: str
    id: int
    state: Literal["saved", "already"]


@dataclass(frozen=True)
class Refused:
    """One row that was left alone, and why."""

    key: str
    message: str
    field: str | None = None


@dataclass(frozen=True)
class Opinion:
    """What one person says of a pair, or of a product for a query."""

    by: str
    label: str
    at: str


@dataclass(frozen=True)
class Conflict:
    """A pair on which people disagree and nobody has decided."""

    left: str
    right: str
    labels: tuple[Opinion, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a request to save."""

    saved: tuple[Saved, ...] = ()
    refused: tuple[Refused, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return asdict(self)


@dataclass(frozen=True)
class Undone:
    """A row that was taken back; `what` names it in the words of its kind."""

    undone: int
    what: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return {"undone": self.undone, **self.what}


@dataclass(frozen=True)
class LabelledPair:
    """A pair and what holds of it: its label once everybody's are taken together."""

    left: str
    right: str
    label: str


@dataclass(frozen=True)
class Judgment:
    """How relevant a product is for a query, everybody's ratings taken together."""

    query: str
    product: str
    rating: int


def ordered(left: str, right: str) -> Pair:
    """Return the pair with the lesser id first: a pair has no direction."""
    return (left, right) if left <= right else (right, left)


def pair_key(left: str, right: str) -> str:
    """Return a stable name of a pair, the same in either order."""
    return hashlib.sha256(_BETWEEN.join(ordered(left, right)).encode()).hexdigest()[:32]


def share_of(purpose: str, left: str, right: str) -> float:
    """Return a number from 0 to 1 that belongs to a pair for good; another one for each purpose."""
    text = purpose + ":" + _BETWEEN.join(ordered(left, right))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def tidy_query(text: str) -> str:
    """Return a query in one spelling: composed characters, single spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def has_control(text: str) -> bool:
    """Return whether a text holds control characters, or halves of characters, which not every database keeps."""
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)


def now() -> str:
    """Return this moment as the database has it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
