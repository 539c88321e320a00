"""What models suggest, and what people decide about it, as values. Reading is forgiving, as in `answers.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from desktop.bridge.answers import one_line, sentence
from desktop.bridge.client import Bridge
from desktop.errors import BridgeRefusedError

Action = Literal["accept", "refuse"]
PAGE = 200
_PATH = " > "


@dataclass(frozen=True)
class Filter:
    """Which suggestions. `under` is a category path: of its suggestions and of those below it."""

    field: str = ""
    value: str = ""
    under: str = ""
    product: str = ""
    sure: bool | None = None

    def params(self) -> dict[str, Any]:
        """Return it as the bridge takes it, for lists and for bulk decisions."""
        given: dict[str, Any] = {name: value for name, value in vars(self).items() if value not in ("", None)}
        return given


@dataclass(frozen=True)
class Neighbour:
    """A labelled product that speaks for a suggestion."""

    id: str
    title: str
    similarity: float
    value: str


@dataclass(frozen=True)
class Suggestion:
    """One suggestion that is open. `before` is what the product has in the field; `words` counted for the value."""

    id: int
    product: str
    title: str
    field: str
    value: str
    confidence: float
    sure: bool
    model: str
    before: str = ""
    words: tuple[tuple[str, float], ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any], products: Mapping[str, Any]) -> "Suggestion":
        """Read one suggestion; `products` are fields by product, where the bridge sent them."""
        evidence = document.get("evidence") or {}
        product, field = str(document["product"]), str(document["field"])
        fields = products.get(product) or {}
        return cls(
            id=int(document["id"]),
            product=product,
            title=one_line(fields.get("title")) or product,
            field=field,
            value=str(document["value"]),
            confidence=float(document["confidence"]),
            sure=bool(document.get("sure")),
            model=str(document.get("model") or ""),
            before=_text(field, fields.get(field, document.get("base"))),
            words=tuple((str(one["word"]), float(one.get("weight") or 0)) for one in evidence.get("words") or ()),
            neighbours=tuple(
                Neighbour(
                    str(one["id"]), one_line(one.get("title")), float(one.get("similarity") or 0),
                    str(one.get("value") or ""),
                )
                for one in evidence.get("neighbours") or ()
            ),
        )  # fmt: skip


@dataclass(frozen=True)
class ValueGroup:
    """The open suggestions of one value."""

    field: str
    value: str
    count: int
    sure: int


@dataclass(frozen=True)
class Suggested:
    """A page of suggestions."""

    total: int
    rows: tuple[Suggestion, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of decisions: `operation` can be undone; `conflicts` are sentences, of those that were left alone."""

    operation: int | None
    decided: frozenset[int]
    conflicts: tuple[str, ...] = ()
    pending: int = 0

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Outcome":
        """Read the answer to a decision."""
        return cls(
            operation=document.get("operation"),
            decided=frozenset(int(one["suggestion"]) for one in document.get("decided") or ()),
            conflicts=tuple(sentence(one.get("message")) for one in document.get("conflicts") or ()),
            pending=int(document.get("pending") or 0),
        )


@dataclass(frozen=True)
class Preview:
    """What a bulk decision would do; `changes` are (title, field, before, after) of the first ones."""

    action: Action
    token: str
    count: int
    products: int
    by_value: tuple[tuple[str, int], ...]
    changes: tuple[tuple[str, str, str, str], ...]
    conflicts: tuple[str, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Preview":
        """Read a preview."""
        return cls(
            action=document["action"],
            token=str(document["token"]),
            count=int(document["count"]),
            products=int(document["products"]),
            by_value=tuple((str(name), int(count)) for name, count in document["by_value"].items()),
            changes=tuple(
                (
                    one_line(one.get("title")) or str(one["product"]), str(one["field"]),
                    _text(one["field"], one.get("before")), _text(one["field"], one.get("after")),
                )
                for one in document["changes"]
            ),
            conflicts=tuple(sentence(one.get("message")) for one in document.get("conflicts") or ()),
        )  # fmt: skip


@dataclass(frozen=True)
class Making:
    """How a job that makes suggestions stands."""

    job: int
    state: str
    done: int = 0
    total: int | None = None
    problem: str = ""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Making":
        """Read a job."""
        total = document.get("total")
        number, problem = int(document["id"]), str(document.get("problem") or "")
        return cls(number, str(document["state"]), int(document.get("done") or 0), total, problem)


@dataclass(frozen=True)
class Precision:
    """How often a model was right about a field in one week, with its 95 % interval."""

    week: str
    model: str
    field: str
    decided: int
    precision: float
    low: float
    high: float


class Suggestions:
    """The bridge's endpoints for reviewing."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def page(self, wanted: Filter, *, offset: int = 0) -> Suggested:
        """Return open suggestions, the most confident first."""
        params = wanted.params() | {"size": PAGE, "from": offset, "products": True}
        answer = self._bridge.ask("GET", "/v1/suggestions", params=params)

        def read(document: Any) -> Suggested:
            products = document.get("products") or {}
            return Suggested(
                int(document["total"]), tuple(Suggestion.read(one, products) for one in document["suggestions"])
            )

        return self._bridge.read(read, answer)

    def groups(self, sure: bool | None) -> tuple[ValueGroup, ...]:
        """Return the open suggestions by value."""
        params = {} if sure is None else {"sure": sure}
        answer = self._bridge.ask("GET", "/v1/suggestions/groups", params=params)
        return self._bridge.read(
            lambda document: tuple(
                ValueGroup(str(one["field"]), str(one["value"]), int(one["count"]), int(one["sure"]))
                for one in document["groups"]
            ),
            answer,
        )

    def categories(self) -> tuple[tuple[str, int], ...]:
        """Return the shop's category paths, parents first, and how many products are under each."""
        try:
            answer = self._bridge.ask("GET", "/v1/categories", timeout=60)
        except BridgeRefusedError as error:
            if error.status == 404:
                return ()
            raise
        return self._bridge.read(
            lambda document: tuple((_PATH.join(one["path"]), int(one["count"])) for one in document["categories"]),
            answer,
        )

    def decide(self, action: Action, ids: Sequence[int]) -> Outcome:
        """Accept or refuse suggestions."""
        return self._decide(f"/v1/suggestions/{action}", {"ids": list(ids)})

    def correct(self, number: int, value: str, new: bool) -> Outcome:
        """Put another value into the field."""
        return self._decide("/v1/suggestions/correct", {"id": number, "value": value, "new": new})

    def undo(self, operation: int) -> Outcome:
        """Take an operation back."""
        return self._decide("/v1/suggestions/undo", {"operation": operation})

    def preview(self, wanted: Filter, action: Action) -> Preview:
        """Return what a bulk decision would do."""
        body = wanted.params() | {"action": action}
        return self._bridge.read(Preview.read, self._bridge.ask("POST", "/v1/suggestions/preview", body, timeout=60))

    def bulk(self, wanted: Filter, preview: Preview) -> Outcome:
        """Do what a preview showed."""
        return self._decide(
            "/v1/suggestions/bulk", wanted.params() | {"action": preview.action, "token": preview.token}
        )

    def make(self) -> Making:
        """Have suggestions made for all products."""
        return self._bridge.read(Making.read, self._bridge.ask("POST", "/v1/suggestions/make", {"all": True}))

    def making(self, job: int) -> Making:
        """Return how a job stands."""
        return self._bridge.read(Making.read, self._bridge.ask("GET", f"/v1/suggestions/jobs/{job}"))

    def precision(self) -> tuple[Precision, ...]:
        """Return how right models were, by week."""
        answer = self._bridge.ask("GET", "/v1/suggestions/precision")
        return self._bridge.read(
            lambda document: tuple(
                Precision(
                    str(one["week"]), str(one["model"]), str(one["field"]), int(one["decided"]),
                    float(one["precision"]), *map(float, one["ci95"]),
                )
                for one in document["weeks"]
            ),
            answer,
        )  # fmt: skip

    def region(self, one: Suggestion) -> bytes | None:
        """Return the photo with what spoke for a category, None where nobody knows."""
        return self._bridge.region(one.product, one.value)

    def _decide(self, path: str, body: Mapping[str, Any]) -> Outcome:
        """Send a decision; one of which nothing could be decided is an outcome too, not a failure."""
        try:
            answer: Any = self._bridge.ask("POST", path, body, timeout=120)
        except BridgeRefusedError as error:
            if not error.document.get("conflicts"):
                raise
            answer = error.document
        return self._bridge.read(Outcome.read, answer)


def _text(field: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return (_PATH if field == "category" else ", ").join(str(one) for one in value)
    return "" if value is None else str(value)
