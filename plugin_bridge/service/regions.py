"""`GET /v1/regions/{id}`: which region of a product's photo speaks for a category, as a picture."""

import threading
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from encoders.errors import EncoderError
from encoders.heads import PhotoClassifier
from encoders.store import ModelStore
from plugin_bridge.errors import RequestError
from plugin_bridge.service.browsing import Pictures
from plugin_bridge.service.context import Context

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
_LONGEST_VALUE = 1000


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoint."""
    router = APIRouter(tags=["suggestions"], dependencies=[Depends(need("merchandiser"))])
    pictures, classifier = Pictures(context), _Classifier(context)

    @router.get("/v1/regions/{product_id:path}", summary="The photo, what spoke for a category in warm colours, as PNG")
    async def region(
        product_id: str, value: str = Query(min_length=1, max_length=_LONGEST_VALUE), alias: str | None = None
    ) -> Response:
        def draw() -> bytes | None:
            # Imported here: a bridge that only searches needs none of it.
            from plugin_bridge.tagging.regions import region_of

            return region_of(pictures.path(product_id, None, alias), value, classifier.get())

        found = await run_in_threadpool(draw)
        if found is None:
            raise RequestError("the photo classifier knows no such category", status=404, field="value")
        return Response(found, media_type="image/png")

    return router


class _Classifier:
    """The trained photo classifier, opened when it is first asked for and anew where another one was trained."""

    def __init__(self, context: Context) -> None:
        self._store, self._threads = ModelStore(context.settings.models_dir), context.settings.threads
        self._lock = threading.Lock()
        self._open: PhotoClassifier | None = None

    def get(self) -> PhotoClassifier:
        """Return it; RequestError 404 where none was trained."""
        from plugin_bridge.tagging.regions import trained_classifier

        with self._lock:
            try:
                opened = self._open
                if opened is None or self._store.card(opened.card.name).fingerprint != opened.card.fingerprint:
                    self._open = opened = trained_classifier(self._store, self._threads)
                return opened
            except EncoderError as error:
                raise RequestError(str(error), status=404) from error
