"""What is listed, asked and answered, as frozen values with their JSON."""

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Action = Literal["accept", "correct", "refuse"]
ACTIONS: tuple[Action, ...] = ("accept", "correct", "refuse")
STATES = ("open", "accepted", "corrected", "refused", "superseded", "gone")
STATE_OF: Mapping[str, str] = {"accept": "accepted", "correct": "corrected", "refuse": "refused"}


@dataclass(frozen=True)
class StoredSuggestion:
    """A suggestion in the database. `base` is what the product had in the field when it was made."""

    id: int
    product: str
    field: str
    value: str
    confidence: float
    sure: bool
    model: str
    made: str
    state: str
    base: Any = None
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # `field` is a name of this class

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return asdict(self)


@dataclass(frozen=True)
class Wanted:
    """Which suggestions: every part that is given must hold. `state` None means any.

    `under` is a category path: of its suggestions and of those below it.
    """

    product: str | None = None
    field: str | None = None
    value: str | None = None
    model: str | None = None
    sure: bool | None = None
    state: str | None = "open"
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    ids: tuple[int, ...] | None = None
    under: str | None = None


@dataclass(frozen=True)
class Page:
    """Some of the suggestions that were wanted, and how many there are."""

    total: int
    suggestions: tuple[StoredSuggestion, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return {"total": self.total, "suggestions": [one.to_json() for one in self.suggestions]}


@dataclass(frozen=True)
class Group:
    """The suggestions of one value: how many, how many of them are sure, and between which confidences they lie."""

    field: str
    value: str
    count: int
    sure: int
    lowest: float
    highest: float


@dataclass(frozen=True)
class Conflict:
    """Why one suggestion was left alone. `code` is one of:

    `decided` (somebody decided it before), `edited` (a person set the field since), `changed` (the product's own
    value is another one now), `gone` (no such product), `no_category` (no product has that category any more),
    `unknown` (no such suggestion), `refused` (OpenSearch would not take the value).
    """

    code: str
    message: str
    suggestion: int | None = None
    product: str | None = None
    field: str | None = None
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Decided:
    """One decision that was made; `value` is what was put into the field, `written` whether the index has it yet."""

    suggestion: int
    product: str
    field: str
    action: str
    value: str | None
    written: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of a request. `operation` is what `undo` takes; `pending` writes are repeated until they are done."""

    operation: int | None
    decided: tuple[Decided, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def pending(self) -> int:
        """How many decisions are recorded and not in the index yet, because OpenSearch did not answer."""
        return sum(not one.written for one in self.decided)

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return {
            "operation": self.operation,
            "decided": [asdict(one) for one in self.decided],
            "conflicts": [asdict(one) for one in self.conflicts],
            "pending": self.pending,
        }


@dataclass(frozen=True)
class Change:
    """One line of a preview."""

    suggestion: int
    product: str
    title: str | None
    field: str
    before: Any
    after: Any
    confidence: float


@dataclass(frozen=True)
class Preview:
    """What a bulk decision would do. `token` stands for exactly these suggestions: apply asks for it back."""

    action: str
    token: str
    count: int
    products: int
    by_value: Mapping[str, int]
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge answers it."""
        return {
            **vars(self),
            "by_value": dict(self.by_value),
            "changes": [asdict(one) for one in self.changes],
            "conflicts": [asdict(one) for one in self.conflicts],
        }
