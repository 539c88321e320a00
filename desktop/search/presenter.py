"""The search page without widgets: intents come in, frozen views go out. Free of Qt."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.bridge import Answer, Bridge, Facet, Wanted
from desktop.errors import DesktopError, PictureError
from desktop.i18n import formats, tr
from desktop.running import Latest, Paced, Runner
from desktop.search import export
from desktop.search.state import PAGE_SIZE, Failure, SearchView, bounded, card, pages_of, toggled

MAX_PICTURE_BYTES = 16 * 2**20
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")


class SearchPresenter:
    """Answers the page's intents. `show` gets every view, `searched` every search that someone asked for."""

    def __init__(
        self,
        bridge: Bridge,
        runner: Runner,
        show: Callable[[SearchView], None],
        searched: Callable[[Wanted], None] = lambda wanted: None,
    ) -> None:
        self._bridge, self._runner = bridge, runner
        self._show, self._searched = show, searched
        self._results, self._facets = Paced(runner), Latest(runner)
        self._uncounted = False
        self.view = SearchView()

    def use(self, bridge: Bridge) -> None:
        """Speak to another bridge from now on."""
        self._bridge = bridge
        self._results.forget()
        self._facets.forget()

    def restore(self, wanted: Wanted) -> None:
        """Show the last search again."""
        self._search(wanted)

    def text_changed(self, text: str) -> None:
        """Search for words; the same words again search again."""
        text = " ".join(text.split())
        self._search(replace(self.view.wanted, text=text))

    def mode_chosen(self, mode: str) -> None:
        self._search(replace(self.view.wanted, mode=mode))

    def generation_chosen(self, name: str) -> None:
        self._search(replace(self.view.wanted, generation=name))

    def picture_given(self, data: bytes) -> None:
        """Search by a picture that was dropped, pasted or chosen."""
        try:
            check_picture(data)
        except PictureError as error:
            self._give(replace(self.view, notice=str(error)))
            return
        self._search(replace(self.view.wanted, picture=data, like=""))

    def picture_file_given(self, path: Path) -> None:
        """Search by a picture in a file; it is read in a thread."""

        def read() -> bytes:
            try:
                if path.stat().st_size > MAX_PICTURE_BYTES:
                    raise PictureError(tr("The picture is too large: at most {size} MB.", size=16))
                return path.read_bytes()
            except OSError as error:
                raise PictureError(tr("The file cannot be read: {name}.", name=path.name), repr(error)) from error

        self._runner.run(read, self.picture_given, lambda error: self._give(replace(self.view, notice=str(error))))

    def similar_wanted(self, product_id: str, title: str) -> None:
        """Show items like a product."""
        wanted = replace(self.view.wanted, text="", picture=None, like=product_id)
        self._search(wanted, like_title=title)

    def example_removed(self) -> None:
        """Search without the picture or the product again."""
        self._search(replace(self.view.wanted, picture=None, like=""))

    def value_toggled(self, field: str, value: str, chosen: bool) -> None:
        """Filter by a value of a field, or no longer; several values of one field mean any of them."""
        self._filter(toggled(self.view.wanted.filters, field, value, chosen))

    def range_chosen(self, field: str, low: float | None, high: float | None) -> None:
        """Filter a field that holds numbers; None leaves a side open."""
        self._filter(bounded(self.view.wanted.filters, field, low, high))

    def filters_removed(self) -> None:
        self._filter({})

    def page_turned(self, page: int) -> None:
        """Show another page of the same results."""
        page = min(max(page, 1), self.view.pages)
        if page != self.view.page:
            self._fetch(page)

    def again(self) -> None:
        """Search once more, after a failure."""
        self._search(self.view.wanted, like_title=self.view.like_title)

    def cancelled(self) -> None:
        """Wait no longer for results."""
        self._results.forget()
        self._facets.forget()
        self._give(replace(self.view, phase="results" if self.view.cards else "empty"))

    def export_wanted(self, path: Path) -> None:
        """Write all results, not only this page's, as CSV."""
        wanted, bridge = self.view.wanted, self._bridge

        def write() -> int:
            return export.write(path, export.all_hits(bridge, wanted))

        def done(count: int) -> None:
            rows = formats.number(count)
            self._give(
                replace(self.view, notice=tr("{count} rows were written to {name}.", count=rows, name=path.name))
            )

        self._runner.run(write, done, lambda error: self._give(replace(self.view, notice=_sentence(error).message)))

    def _filter(self, filters: dict[str, Any]) -> None:
        self._search(replace(self.view.wanted, filters=filters))

    def _search(self, wanted: Wanted, like_title: str = "") -> None:
        like_title = like_title or (self.view.like_title if wanted.like == self.view.wanted.like else "")
        self.view = replace(self.view, wanted=wanted, like_title=like_title, notice="", page=1)
        self._searched(wanted)
        self._uncounted = True
        self._facets.forget()
        self._fetch(1)

    def _fetch(self, page: int) -> None:
        wanted, bridge = self.view.wanted, self._bridge
        self._give(replace(self.view, phase="waiting", page=page, failure=None, notice=""))
        self._results.run(
            lambda: bridge.search(wanted, size=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE), self._found, self._failed
        )

    def _found(self, answer: Answer) -> None:
        cards = tuple(card(hit, answer.generation) for hit in answer.hits)
        self._give(
            replace(
                self.view,
                phase="results" if cards else "nothing",
                cards=cards,
                total=answer.total,
                took_ms=answer.took_ms,
                pages=pages_of(answer.total),
                degraded=answer.reason or tr("Vectors are away.") if answer.degraded else "",
            )
        )

        if self._uncounted:
            self._count()

    def _count(self) -> None:
        """Count the facets, after the results: while somebody types, they would take the time of the next ones."""
        wanted, bridge = self.view.wanted, self._bridge
        self._uncounted = False
        self._facets.run(lambda: bridge.facets(wanted), self._counted, lambda error: self._counted(()))

    def _failed(self, error: Exception) -> None:
        self._give(replace(self.view, phase="failed", cards=(), facets=(), total=0, pages=1, failure=_sentence(error)))

    def _counted(self, facets: tuple[Facet, ...]) -> None:
        self._give(replace(self.view, facets=facets))

    def _give(self, view: SearchView) -> None:
        self.view = view
        self._show(view)


def check_picture(data: bytes) -> None:
    """Raise PictureError where bytes are no picture by their first ones, or too many."""
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureError(tr("The picture is too large: at most {size} MB.", size=16))
    if not data.startswith(_BEGINNINGS):
        raise PictureError(tr("This is no picture that can be searched by: use JPEG, PNG, WebP, GIF, BMP or TIFF."))


def _sentence(error: Exception) -> Failure:
    if isinstance(error, DesktopError):
        return Failure(str(error), error.details)
    return Failure(tr("Something went wrong in the desktop."), repr(error))
