"""The map page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from desktop.bridge import Bridge
from desktop.bridge.maps import CatalogueMap, Field, Maps, Method, Running, Twins
from desktop.errors import DesktopError
from desktop.i18n import tr
from desktop.map.state import Legend, MapView, Phase, legend
from desktop.running import Latest, Runner
from desktop.search.state import Failure

Made = tuple[CatalogueMap, Legend]


class MapPresenter:
    """Answers the page's intents; `show` gets every view. `looked` is called now and then while something runs."""

    def __init__(self, bridge: Bridge, runner: Runner, show: Callable[[MapView], None]) -> None:
        self._maps, self._show = Maps(bridge), show
        self._asked, self._searched = Latest(runner), Latest(runner)
        self.view = MapView()

    def use(self, bridge: Bridge) -> None:
        """Show the catalogue of another bridge from now on."""
        self._maps = Maps(bridge)
        self._asked.forget()
        self._searched.forget()
        self._give(MapView(method=self.view.method, field=self.view.field))

    def shown(self) -> None:
        """Somebody looks at the page: fetch the map if there is none."""
        if self.view.phase == "empty":
            self._fetch()

    def method_chosen(self, method: str) -> None:
        """Lay the map out otherwise; the one that is there stays until the other is made."""
        self.view = replace(self.view, method=cast(Method, method))
        self._fetch()

    def field_chosen(self, field: str) -> None:
        """Go by the vectors of texts or of photos."""
        self.view = replace(self.view, field=cast(Field, field), twins=None, searching=None)
        self._searched.forget()
        self._fetch()

    def again(self) -> None:
        """Make the map anew."""
        self._fetch(again=True)

    def cancelled(self) -> None:
        """Wait no longer for the map that was asked for; the bridge goes on making it, for the next time."""
        self._asked.forget()
        shown = self.view.map
        if shown is None:
            self._give(replace(self.view, phase="empty", running=None))
            return
        method, field = cast(Method, shown.method), cast(Field, shown.field)
        self._give(replace(self.view, phase="results", running=None, method=method, field=field))

    def twins_wanted(self) -> None:
        """Look for near-duplicates."""
        if self.view.searching is None and self.view.twins is None:
            self._give(replace(self.view, searching=Running()))
            self._search()

    def looked(self) -> None:
        """Ask how far that is which is being made."""
        if self.view.running is not None and not self._asked.waiting:
            self._fetch()
        if self.view.searching is not None and not self._searched.waiting:
            self._search()

    def _fetch(self, again: bool = False) -> None:
        maps, method, field = self._maps, self.view.method, self.view.field
        running = self.view.running or Running()
        phase: Phase = "results" if self.view.map is not None and self.view.phase == "results" else "waiting"
        self._give(replace(self.view, phase=phase, running=running, notice="", failure=None))

        def look() -> Made | Running:
            found = maps.map(method, field, again)
            return found if isinstance(found, Running) else (found, legend(found.points))

        self._asked.run(look, self._stands, self._failed)

    def _stands(self, found: Made | Running) -> None:
        if isinstance(found, Running):
            self._give(replace(self.view, running=found))
            return
        made, colours = found
        phase: Phase = "results" if made.points else "nothing"
        self._give(replace(self.view, phase=phase, map=made, legend=colours, running=None))

    def _failed(self, error: Exception) -> None:
        failure = _failure(error)
        if self.view.map is not None:  # what is there stays, and the menus say what it is
            self.cancelled()
            self._give(replace(self.view, notice=failure.message))
            return
        self._give(replace(self.view, phase="failed", running=None, failure=failure))

    def _search(self) -> None:
        maps, field = self._maps, self.view.field

        def done(found: tuple[Twins, ...] | Running) -> None:
            if isinstance(found, Running):
                self._give(replace(self.view, searching=found))
            else:
                self._give(replace(self.view, searching=None, twins=found))

        def failed(error: Exception) -> None:
            self._give(replace(self.view, searching=None, notice=_failure(error).message))

        self._searched.run(lambda: maps.twins(field), done, failed)

    def _give(self, view: MapView) -> None:
        self.view = view
        self._show(view)


def _failure(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
