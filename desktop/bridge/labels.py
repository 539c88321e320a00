"""Pairs to label, and what the bridge says of labels, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from desktop.bridge.answers import one_line
from desktop.bridge.client import Bridge
from desktop.errors import BridgeRefusedError

Label = Literal["similar", "dissimilar", "skip"]
LONGEST_TEXT = 2000  # of one field; a product may hold a novel, and hundreds of pairs are kept on disk
_HIDDEN = "kindred_"


@dataclass(frozen=True)
class Item:
    """One product of a pair."""

    id: str
    title: str
    product: Mapping[str, Any]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Item":
        """Read a product; one that is no longer in the shop has only its id."""
        product = {
            str(name): _shortened(value)
            for name, value in (document.get("product") or {}).items()
            if not str(name).startswith(_HIDDEN)
        }
        return cls(str(document["id"]), one_line(product.get("title")), product)

    def to_json(self) -> dict[str, Any]:
        """Return what `read` reads."""
        return {"id": self.id, "product": dict(self.product)}


@dataclass(frozen=True)
class Pair:
    """Two products and why they are asked about; `similarity` is by part, such as text or image."""

    key: str
    left: Item
    right: Item
    why: str = ""
    similarity: Mapping[str, float] = field(default_factory=dict)
    differs: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Pair":
        """Read one pair of `/v1/labels/next`."""
        why = document.get("why") or {}
        return cls(
            key=str(document["key"]),
            left=Item.read(document["left"]),
            right=Item.read(document["right"]),
            why=one_line(why.get("text")),
            similarity={
                str(name): float(value)
                for name, value in (document.get("similarity") or {}).items()
                if isinstance(value, int | float)
            },
            differs=tuple(str(name) for name in document.get("differs") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `read` reads."""
        return {
            "key": self.key,
            "left": self.left.to_json(),
            "right": self.right.to_json(),
            "why": {"text": self.why},
            "similarity": dict(self.similarity),
            "differs": list(self.differs),
        }


@dataclass(frozen=True)
class Given:
    """A label that somebody gave: `key` is the desktop's own, and makes a repeat harmless."""

    key: str
    left: str
    right: str
    label: str
    at: str | None = None
    source: str = "queue"

    def to_json(self) -> dict[str, Any]:
        """Return it as the bridge takes it."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Conflict:
    """A pair that people labelled differently; `labels` are who said what."""

    left: str
    right: str
    labels: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Conflict":
        """Read one conflict."""
        labels = tuple((str(one.get("by", "")), str(one.get("label", ""))) for one in document.get("labels") or ())
        return cls(_name(document["left"]), _name(document["right"]), labels)


@dataclass(frozen=True)
class Receipt:
    """What became of labels: keys that are saved (also by an earlier try), refused ones with the reason."""

    saved: frozenset[str]
    refused: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Receipt":
        """Read the answer of `POST /v1/labels/pairs`."""
        return cls(
            saved=frozenset(str(one["key"]) for one in document.get("saved") or ()),
            refused={str(one["key"]): str(one.get("message", "")) for one in document.get("refused") or ()},
            conflicts=tuple(Conflict.read(one) for one in document.get("conflicts") or ()),
        )


@dataclass(frozen=True)
class CurvePoint:
    """How good a model of so many labels was, F1 with its interval."""

    labels: int
    f1: float
    low: float
    high: float

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "CurvePoint":
        """Read one point; a point without an interval is its own."""
        f1 = float(document["f1"])
        low, high = (f1 if document.get(name) is None else float(document[name]) for name in ("low", "high"))
        return cls(int(document["labels"]), f1, low, high)


@dataclass(frozen=True)
class LabelStats:
    """How labelling stands. `stop` is whether more labels help, None while nobody can say."""

    pairs: int = 0
    similar: int = 0
    dissimilar: int = 0
    skipped: int = 0
    today: int = 0
    mine: int = 0
    annotators: int = 0
    kappa: float | None = None
    kappa_low: float | None = None
    kappa_high: float | None = None
    kappa_pairs: int = 0
    conflicts: int = 0
    curve: tuple[CurvePoint, ...] = ()
    stop: bool | None = None
    verdict: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "LabelStats":
        """Read the document of `/v1/labels/stats`."""
        agreement, verdict = document.get("agreement") or {}, document.get("verdict") or {}
        curve = [CurvePoint.read(one) for one in document.get("curve") or ()]
        counts = {name: int(document.get(name) or 0) for name in _COUNTS}
        return cls(
            **counts,
            annotators=len(document.get("annotators") or ()),
            kappa=agreement.get("kappa"),
            kappa_low=agreement.get("low"),
            kappa_high=agreement.get("high"),
            kappa_pairs=int(agreement.get("pairs") or 0),
            curve=tuple(sorted(curve, key=lambda one: one.labels)),
            stop=verdict.get("stop"),
            verdict=one_line(verdict.get("text")),
        )


_COUNTS = ("pairs", "similar", "dissimilar", "skipped", "today", "mine", "conflicts")


class Labels:
    """What is said to a bridge about labels. Calls wait for their answer, as the bridge's own do."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge, self.url = bridge, bridge.url

    def next(self, count: int, exclude: Sequence[str] = ()) -> tuple[tuple[Pair, ...], int | None]:
        """Return pairs worth a look, none of those excluded, and how many are left where that is known."""
        params = {"count": count} | ({"exclude": ",".join(exclude)} if exclude else {})

        def reader(document: Any) -> tuple[tuple[Pair, ...], int | None]:
            left = document.get("left")
            return tuple(Pair.read(one) for one in document["pairs"]), None if left is None else int(left)

        return self._bridge.read(reader, self._bridge.ask("GET", "/v1/labels/next", params=params))

    def give(self, labels: Sequence[Given]) -> Receipt:
        """Save labels; a repeat is harmless. A label that is refused is in the receipt and stops no other."""
        body = {"labels": [one.to_json() for one in labels]}
        try:
            answer = self._bridge.ask("POST", "/v1/labels/pairs", body)
        except BridgeRefusedError as error:
            if not error.document.get("refused"):
                raise
            answer = error.document
        return self._bridge.read(Receipt.read, answer)

    def undo(self, key: str, of: str) -> None:
        """Take the label with the key `of` back."""
        self._bridge.ask("POST", "/v1/labels/undo", {"key": key, "of": of})

    def settle(self, left: str, right: str, label: str) -> None:
        """Decide a pair that was labelled differently."""
        self._bridge.ask("POST", "/v1/labels/settle", {"left": left, "right": right, "label": label})

    def conflicts(self) -> tuple[Conflict, ...]:
        """Return the pairs that people labelled differently."""

        def reader(document: Any) -> tuple[Conflict, ...]:
            return tuple(Conflict.read(one) for one in document["conflicts"])

        return self._bridge.read(reader, self._bridge.ask("GET", "/v1/labels/conflicts"))

    def stats(self) -> LabelStats:
        """Return how labelling stands."""
        return self._bridge.read(LabelStats.read, self._bridge.ask("GET", "/v1/labels/stats"))


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, list):
        return [_shortened(one) for one in value[:50]]
    return value


def _name(value: Any) -> str:
    return str(value["id"]) if isinstance(value, Mapping) else str(value)
