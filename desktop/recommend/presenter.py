"""The recommend page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from desktop.bridge import Answer, Bridge, Wanted
from desktop.bridge.behaviour import Behaviour, Kind, Recommendations, Segments, Wish
from desktop.errors import BridgeRefusedError, DesktopError
from desktop.i18n import tr
from desktop.recommend.state import (
    Phase,
    Picked,
    RecommendView,
    SegmentsView,
    Who,
    shown,
    summary,
)  # fmt: skip
from desktop.running import Latest, Paced, Runner
from desktop.search.state import SHOWN_CHARS, Failure, bounded, toggled

OFFERED = 8
_UNREADY = 409


class RecommendPresenter:
    """Answers the intents of the recommendations; `show` gets every view. Customers' ids are kept nowhere."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[RecommendView], None]) -> None:
        self._bridge, self._behaviour, self._show = bridge, Behaviour(bridge), show
        self._results, self._offers, self._facets = Latest(runner), Paced(runner), Latest(runner)
        self._before: list[tuple[Picked, ...]] = []
        self._after: list[tuple[Picked, ...]] = []
        self.view = RecommendView()

    def use(self, bridge: Bridge) -> None:
        """Recommend from another bridge from now on."""
        for one in (self._results, self._offers, self._facets):
            one.forget()
        self._bridge, self._behaviour = bridge, Behaviour(bridge)
        self._before, self._after = [], []
        self._give(RecommendView(self.view.who, Wish(kind=self.view.wish.kind)))

    def shown(self) -> None:
        """Somebody looks at the page: count the facets once."""
        if not self.view.facets and not self._facets.waiting:
            bridge = self._bridge
            self._facets.run(
                lambda: bridge.facets(Wanted()), lambda found: self._change(facets=found), lambda error: None
            )

    def who_chosen(self, who: str) -> None:
        """Recommend to a customer, or to a basket."""
        self._change(who=cast(Who, who), offered=())
        self._ask()

    def customer_given(self, customer: str) -> None:
        """Recommend to the customer with this id."""
        self._wish(customer=customer.strip())

    def kind_chosen(self, kind: str) -> None:
        self._wish(kind=cast(Kind, kind))

    def owned_chosen(self, owned: bool) -> None:
        self._wish(owned=owned)

    def variety_chosen(self, diversity: float) -> None:
        self._wish(diversity=diversity)

    def value_toggled(self, name: str, value: str, chosen: bool) -> None:
        """Recommend only what has one of the ticked values."""
        self._wish(filters=toggled(self.view.wish.filters, name, value, chosen))

    def range_chosen(self, name: str, low: float | None, high: float | None) -> None:
        """Recommend only what lies within bounds."""
        self._wish(filters=bounded(self.view.wish.filters, name, low, high))

    def filters_removed(self) -> None:
        self._wish(filters={})

    def typed(self, text: str) -> None:
        """Offer products for what is typed; an id finds its product, too."""
        text = " ".join(text.split())
        if not text:
            self._offers.forget()
            self._change(offered=())
            return
        bridge = self._bridge

        def look() -> tuple[Picked, ...]:
            found = [_picked(hit.id, hit.title) for hit in _search(bridge, text).hits]
            if " " not in text and all(one.id != text for one in found):
                found = [*_by_id(bridge, text), *found]
            return tuple(found[:OFFERED])

        self._offers.run(look, lambda found: self._change(offered=found), self._not_offered)

    def added(self, product: str, title: str) -> None:
        """Put a product into the basket; once is enough."""
        if all(one.id != product for one in self.view.basket):
            self._put((*self.view.basket, _picked(product, title)))

    def taken_out(self, product: str) -> None:
        """Take a product out of the basket."""
        self._put(tuple(one for one in self.view.basket if one.id != product))

    def emptied(self) -> None:
        """Take everything out of the basket."""
        self._put(())

    def undone(self) -> None:
        """Give the basket back as it was before the last change."""
        self._step(self._before, self._after)

    def redone(self) -> None:
        """Change the basket again."""
        self._step(self._after, self._before)

    def again(self) -> None:
        """Ask once more."""
        self._ask()

    def cancelled(self) -> None:
        """Wait no longer."""
        self._results.forget()
        self._change(phase="results" if self.view.cards else "empty")

    def _put(self, basket: tuple[Picked, ...]) -> None:
        if basket != self.view.basket:
            self._before.append(self.view.basket)
            self._after = []
            self._hold(basket)

    def _step(self, source: list[tuple[Picked, ...]], target: list[tuple[Picked, ...]]) -> None:
        if not source:
            self._change(notice=tr("There is nothing to undo or redo on this page."))
            return
        target.append(self.view.basket)
        self._hold(source.pop())

    def _hold(self, basket: tuple[Picked, ...]) -> None:
        self._change(who="basket", basket=basket)
        self._ask()

    def _wish(self, **chosen: Any) -> None:
        self._change(wish=replace(self.view.wish, **chosen))
        self._ask()

    def _ask(self) -> None:
        self._results.forget()
        if not self.view.is_complete:
            self._change(phase="empty", cards=(), rows=(), notes=(), summary="", degraded="", notice="")
            return
        wish, behaviour = self.view.asks, self._behaviour
        self._change(phase="waiting", failure=None, notice="")
        self._results.run(lambda: behaviour.recommend(wish), self._found, self._failed)

    def _found(self, found: Recommendations) -> None:
        self._change(
            phase="results" if found.rows else "nothing",
            cards=shown(found),
            rows=found.rows,
            notes=tuple(note[:1].upper() + note[1:] for note in found.notes),
            summary=summary(found),
            degraded=found.reason if found.degraded else "",
        )

    def _failed(self, error: Exception) -> None:
        self._change(phase=_phase_of(error), cards=(), rows=(), notes=(), summary="", failure=_failure(error))

    def _not_offered(self, error: Exception) -> None:
        self._change(offered=(), notice=_failure(error).message)

    def _change(self, **changed: Any) -> None:
        self._give(replace(self.view, **changed))

    def _give(self, view: RecommendView) -> None:
        self.view = view
        self._show(view)


class SegmentsPresenter:
    """Answers the intents of the segments; `show` gets every view."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[SegmentsView], None]) -> None:
        self._behaviour, self._asked, self._show = Behaviour(bridge), Latest(runner), show
        self.view = SegmentsView()

    def use(self, bridge: Bridge) -> None:
        """Show the customers of another bridge from now on."""
        self._asked.forget()
        self._behaviour = Behaviour(bridge)
        self._give(SegmentsView(count=self.view.count))

    def shown(self) -> None:
        """Somebody looks at the segments: make them if there are none."""
        if self.view.phase == "empty":
            self.again()

    def count_chosen(self, count: int) -> None:
        """Make so many segments."""
        if count != self.view.count or self.view.segments is None:
            self.view = replace(self.view, count=count)
            self.again()

    def chosen(self, number: int) -> None:
        """Show what marks a segment."""
        self._give(replace(self.view, chosen=number))

    def again(self) -> None:
        """Ask for the segments."""
        behaviour, count = self._behaviour, self.view.count
        self._give(replace(self.view, phase="waiting", failure=None))
        self._asked.run(lambda: behaviour.segments(count), self._found, self._failed)

    def cancelled(self) -> None:
        """Wait no longer."""
        self._asked.forget()
        self._give(replace(self.view, phase="results" if self.view.segments is not None else "empty"))

    def _found(self, found: Segments) -> None:
        phase: Phase = "results" if found.found else "nothing"
        self._give(replace(self.view, phase=phase, segments=found, chosen=found.found[0].number if found.found else 0))

    def _failed(self, error: Exception) -> None:
        self._give(replace(self.view, phase=_phase_of(error), segments=None, failure=_failure(error)))

    def _give(self, view: SegmentsView) -> None:
        self.view = view
        self._show(view)


def _search(bridge: Bridge, text: str) -> Answer:
    return bridge.search(Wanted(text=text), size=OFFERED, explain=False)


def _by_id(bridge: Bridge, name: str) -> list[Picked]:
    """Return the product with an id, none where there is none."""
    try:
        product: Mapping[str, Any] = bridge.product(name)
    except BridgeRefusedError:
        return []
    return [_picked(name, str(product.get("title") or ""))]


def _picked(product: str, title: str) -> Picked:
    return Picked(product, (" ".join(title.split()) or product)[:SHOWN_CHARS])


def _phase_of(error: Exception) -> Phase:
    """Return what a failure means: the generation has no model of behaviour, or one that does not fit (409)."""
    return "unready" if isinstance(error, BridgeRefusedError) and error.status == _UNREADY else "failed"


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
