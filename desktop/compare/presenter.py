"""The compare page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable
from dataclasses import replace

from desktop.bridge import Answer, Bridge, GenerationRow, Wanted
from desktop.compare.state import DEPTH, CompareView, Comparison, Configuration, compare
from desktop.errors import DesktopError
from desktop.i18n import tr
from desktop.running import Latest, Runner
from desktop.search.state import Failure, card


class ComparePresenter:
    """Answers the page's intents; `show` gets every view."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[CompareView], None]) -> None:
        self._bridge, self._show = bridge, show
        self._answers = Latest(runner)
        self.view = CompareView()

    def use(self, bridge: Bridge) -> None:
        """Speak to another bridge from now on."""
        self._bridge = bridge
        self._answers.forget()

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
        self.view = replace(self.view, text=" ".join(text.split()))
        self._compare()

    def side_changed(self, side: int, mode: str, generation: str) -> None:
        """Search otherwise on the left (0) or the right (1)."""
        sides = list(self.view.sides)
        sides[side] = Configuration(mode, generation)
        self.view = replace(self.view, sides=(sides[0], sides[1]))
        self._compare()

    def swapped(self) -> None:
        """Change left for right."""
        left, right = self.view.sides
        self.view = replace(self.view, sides=(right, left))
        self._compare()

    def again(self) -> None:
        """Compare once more, after a failure."""
        self._compare()

    def _compare(self) -> None:
        if not self.view.text:
            self._answers.forget()
            self._give(replace(self.view, phase="empty", comparison=Comparison(), failure=None, degraded=""))
            return
        view, bridge = self.view, self._bridge
        self._give(replace(view, phase="waiting", failure=None))

        def both() -> tuple[Answer, Answer]:
            left, right = (
                bridge.search(Wanted(view.text, mode=one.mode, generation=one.generation), size=DEPTH)
                for one in view.sides
            )
            return left, right

        self._answers.run(both, self._found, self._failed)

    def _found(self, answers: tuple[Answer, Answer]) -> None:
        left, right = ([card(hit, one.generation) for hit in one.hits] for one in answers)
        degraded = next((one.reason or tr("Vectors are away.") for one in answers if one.degraded), "")
        phase = "results" if left or right else "nothing"
        self._give(
            replace(self.view, phase=phase, comparison=compare(left, right), degraded=degraded)  # type: ignore[arg-type]
        )

    def _failed(self, error: Exception) -> None:
        details = error.details if isinstance(error, DesktopError) else repr(error)
        message = str(error) if isinstance(error, DesktopError) else tr("Something went wrong in the desktop.")
        self._give(replace(self.view, phase="failed", comparison=Comparison(), failure=Failure(message, details)))

    def _give(self, view: CompareView) -> None:
        self.view = view
        self._show(view)
