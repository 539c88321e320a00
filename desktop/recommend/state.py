"""What the recommend page shows, as frozen values. Free of Qt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from desktop.bridge import Facet
from desktop.bridge.behaviour import Kind, Mark, Recommendations, Recommended, Segment, Segments, Wish
from desktop.i18n import formats, tr
from desktop.search.export import COLUMNS, cells
from desktop.search.state import SHOWN_CHARS, Card, Failure, card

Who = Literal["customer", "basket"]
Phase = Literal["empty", "waiting", "results", "nothing", "unready", "failed"]
KINDS: tuple[Kind, ...] = ("next", "basket", "favourites")
VARIETY = (0.0, 0.3, 0.7)
_IN_A_CELL = 4  # products and tags that the table names; all of them stand below it


@dataclass(frozen=True)
class Picked:
    """A product of the basket, or one that is offered for it."""

    id: str
    title: str


@dataclass(frozen=True)
class RecommendView:
    """All that the recommendations show. `offered` are products for what is typed."""

    who: Who = "customer"
    wish: Wish = field(default_factory=Wish)
    basket: tuple[Picked, ...] = ()
    offered: tuple[Picked, ...] = ()
    phase: Phase = "empty"
    cards: tuple[Card, ...] = ()
    rows: tuple[Recommended, ...] = ()
    facets: tuple[Facet, ...] = ()
    summary: str = ""
    notes: tuple[str, ...] = ()
    degraded: str = ""
    failure: Failure | None = None
    notice: str = ""

    @property
    def asks(self) -> Wish:
        """What to ask the bridge."""
        if self.who == "customer":
            return replace(self.wish, basket=())
        return replace(self.wish, customer="", basket=tuple(one.id for one in self.basket))

    @property
    def is_complete(self) -> bool:
        """Whether there is somebody to recommend to."""
        return bool(self.wish.customer if self.who == "customer" else self.basket)


@dataclass(frozen=True)
class SegmentsView:
    """All that the segments show; `chosen` is the number of the one whose marks are listed, 0 for none."""

    phase: Phase = "empty"
    count: int = 8
    segments: Segments | None = None
    chosen: int = 0
    failure: Failure | None = None

    @property
    def segment(self) -> Segment | None:
        """The chosen segment."""
        found = self.segments.found if self.segments is not None else ()
        return next((one for one in found if one.number == self.chosen), None)

    @property
    def summary(self) -> str:
        """The line below."""
        if self.segments is None:
            return ""
        said = tr(
            "{customers} customers in {count} segments · {model}",
            customers=formats.number(self.segments.customers),
            count=len(self.segments.found),
            model=self.segments.model,
        )
        if self.phase == "results" and not self.segments.points:
            said += " · " + tr("this bridge gives no points for a map")
        return said


def kind_name(kind: str) -> str:
    """Return the name of a kind of recommendation."""
    names = {
        "next": lambda: tr("What comes next"),
        "basket": lambda: tr("Bought together"),
        "favourites": lambda: tr("Favourites of similar customers"),
    }
    return names[kind]()


def variety_name(value: float) -> str:
    """Return the name of a degree of diversity."""
    return {0.0: tr("Best first"), 0.3: tr("Some variety"), 0.7: tr("Much variety")}[value]


def shown(found: Recommendations) -> tuple[Card, ...]:
    """Return an answer as cards, each with why it is there."""
    return tuple(replace(card(one.hit, found.generation), why=why(one)) for one in found.rows)


def why(one: Recommended) -> str:
    """Return why a product is recommended."""
    if one.because:
        return tr("Because you bought {titles}", titles=" · ".join(one.because))[:SHOWN_CHARS]
    known = {
        "popular now": lambda: tr("Popular now"),
        "new, and like what you bought": lambda: tr("New, and like what you bought"),
        "you bought it before": lambda: tr("You bought it before"),
        "customers like you buy it": lambda: tr("Customers like you buy it"),
    }
    return known[one.text]() if one.text in known else one.text


def summary(found: Recommendations) -> str:
    """Return the line under the cards."""
    count, ms = formats.number(len(found.rows)), formats.number(found.took_ms)
    said = tr("{count} recommendations · {ms} ms", count=count, ms=ms)
    if found.used:
        said += " · " + tr("from {count} purchases", count=formats.number(found.used))
    return said


def recommended_rows(view: RecommendView) -> list[list[str]]:
    """Return the recommendations as rows with a heading."""
    reasons = (why(one) for one in view.rows)
    return [list(COLUMNS[:-1]), *([*cells(one.hit)[:-2], said] for one, said in zip(view.rows, reasons, strict=True))]


def named(marks: Sequence[Mark], most: int = _IN_A_CELL) -> str:
    """Return the first marks by name."""
    return ", ".join(one.title for one in marks[:most])[:SHOWN_CHARS]


def segment_rows(found: Segments | None) -> list[list[str]]:
    """Return a row for each product and tag that marks a segment, with a heading."""
    rows = [["segment", "customers", "share", "mark", "id", "title", "share of the mark", "times the usual"]]
    for one in found.found if found is not None else ():
        head = [str(one.number), str(one.customers), f"{one.share:g}"]
        for mark in (*one.products, *one.tags):
            rows.append([*head, mark.field or "product", mark.id, mark.title, f"{mark.share:g}", f"{mark.lift:g}"])
    return rows
