"""The compare page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

from desktop.bridge import Answer, Bridge, GenerationRow, Wanted
from desktop.bridge.judgments import Judgments
from desktop.compare.state import DEPTH, CompareView, Comparison, Configuration, compare, with_ratings
from desktop.errors import DesktopError
from desktop.i18n import tr
from desktop.running import InOrder, Latest, Runner
from desktop.search.state import Failure, card


class ComparePresenter:
    """Answers the page's intents; `show` gets every view."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[CompareView], None]) -> None:
        self._bridge, self._show = bridge, show
        self._answers, self._judged = Latest(runner), Latest(runner)
        self._writes = InOrder(runner)
        self._given: list[tuple[str, str, int | None, str]] = []
        self.view = CompareView()

    def use(self, bridge: Bridge) -> None:
        """Speak to another bridge from now on."""
        self._bridge = bridge
        self._answers.forget()
        self._judged.forget()
        self._writes.forget()
        self._given.clear()

    def generations_known(self, rows: tuple[GenerationRow, ...]) -> None:
        """Offer these generations; one that is gone is no longer compared."""
        names = tuple(row.name for row in rows)
        if names == self.view.generations:
            return
        left, right = (
            one if one.generation in ("", *names) else replace(one, generation="") for one in self.view.sides
        )
        self._give(replace(self.view, generations=names, sides=(left, right)))

    def text_changed(self, text: str) -> None:
        """Compare for other words."""
        text = " ".join(text.split())
        if text != self.view.text:
            nothing: dict[str, int] = {}
            self.view = replace(self.view, text=text, ratings=nothing)
        self._compare()

    def side_changed(self, side: int, chosen: Configuration) -> None:
        """Search otherwise on the left (0) or the right (1)."""
        sides = list(self.view.sides)
        sides[side] = chosen
        self.view = replace(self.view, sides=(sides[0], sides[1]))
        self._compare()

    def swapped(self) -> None:
        """Change left for right."""
        left, right = self.view.sides
        self.view = replace(self.view, sides=(right, left))
        self._compare()

    def rated(self, product: str, rating: int) -> None:
        """Say how relevant a product is for the words, 0 to 3."""
        query, judgments, before = self.view.text, Judgments(self._bridge), self.view.ratings.get(product)
        if not query or not 0 <= rating <= 3:
            return
        given = (query, product, before, uuid4().hex)
        self._given.append(given)
        self._judged.forget()  # what is under way does not know of it yet
        self._rate(product, rating)

        def failed(error: Exception) -> None:
            if given in self._given:
                self._given.remove(given)
            self._put_back(query, product, before, error)

        self._writes.run(lambda: judgments.give(given[3], query, product, rating), lambda _: None, failed)

    def undone(self) -> None:
        """Take the last rating of this sitting back."""
        if not self._given:
            self._give(replace(self.view, notice=tr("There is nothing to take back.")))
            return
        query, product, before, key = last = self._given.pop()
        judgments, now = Judgments(self._bridge), self.view.ratings.get(product)
        if query == self.view.text:
            self._judged.forget()
            self._rate(product, before)

        def failed(error: Exception) -> None:
            self._given.append(last)
            self._put_back(query, product, now, error)

        self._writes.run(lambda: judgments.undo(key), lambda _: None, failed)

    def _put_back(self, query: str, product: str, rating: int | None, error: Exception) -> None:
        """Show the rating that holds, where what was said could not be kept."""
        if query == self.view.text:
            self._rate(product, rating)
        self._give(replace(self.view, notice=_failure(error).message))

    def again(self) -> None:
        """Compare once more, after a failure."""
        self._compare()

    def _compare(self) -> None:
        if not self.view.text:
            self._answers.forget()
            self._judged.forget()
            plain = replace(self.view, ratings={}, notice="")
            self._give(replace(plain, phase="empty", comparison=Comparison(), failure=None, degraded=""))
            return
        view, bridge = self.view, self._bridge
        self._give(replace(view, phase="waiting", failure=None, notice=""))

        def both() -> tuple[Answer, Answer]:
            left, right = (
                bridge.search(
                    Wanted(view.text, mode=one.mode, generation=one.generation, rules=one.rules, weights=one.weights),
                    size=DEPTH,
                )
                for one in view.sides
            )
            return left, right

        self._answers.run(both, self._found, self._failed)
        # A bridge that keeps no judgments is compared without.
        self._judged.run(lambda: Judgments(bridge).of(view.text), self._told, lambda error: self._told({}))

    def _found(self, answers: tuple[Answer, Answer]) -> None:
        left, right = ([card(hit, one.generation) for hit in one.hits] for one in answers)
        degraded = next((one.reason or tr("Vectors are away.") for one in answers if one.degraded), "")
        phase = "results" if left or right else "nothing"
        found = with_ratings(compare(left, right), self.view.ratings)
        self._give(replace(self.view, phase=phase, comparison=found, degraded=degraded))  # type: ignore[arg-type]

    def _told(self, ratings: Mapping[str, int]) -> None:
        """Show what people judged for these words."""
        self._give(replace(self.view, ratings=ratings, comparison=with_ratings(self.view.comparison, ratings)))

    def _rate(self, product: str, rating: int | None) -> None:
        ratings = {one: said for one, said in self.view.ratings.items() if one != product}
        if rating is not None:
            ratings[product] = rating
        self.view = replace(self.view, notice="")
        self._told(ratings)

    def _failed(self, error: Exception) -> None:
        self._give(replace(self.view, phase="failed", comparison=Comparison(), failure=_failure(error)))

    def _give(self, view: CompareView) -> None:
        self.view = view
        self._show(view)


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
