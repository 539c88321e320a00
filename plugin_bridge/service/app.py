"""The bridge as one ASGI application: the rewrite in front, everything else behind caps and counts."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from plugin_bridge.errors import RequestError
from plugin_bridge.service import failures, routes
from plugin_bridge.service.context import Context
from plugin_bridge.service.label_files import IMPORTS
from plugin_bridge.service.rewriting import RewriteEndpoint
from plugin_bridge.service.searching import PATH, SearchEndpoint
from plugin_bridge.service.wire import App, Message, Receive, Scope, Send, answer, check_length, error_body, too_large


def create_app(context: Context) -> App:
    """Return the application over the parts of a bridge; it closes them when it stops."""
    searching, rewriting = SearchEndpoint(context), RewriteEndpoint(context)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        context.refresher.start()
        context.desk.start()
        context.rules.start()
        context.jobs.start()
        context.canaries.start()
        context.labels.start()
        yield
        searching.close()
        rewriting.close()
        context.close()

    app = FastAPI(
        title="Kindred bridge",
        description="Search by keywords, text vectors and photos over OpenSearch.",
        lifespan=lifespan,
        redoc_url=None,
    )
    failures.install(app)
    app.include_router(routes.build(context, searching))
    return _Front(app, context, rewriting, searching)


class _Front:
    """Sends rewrites and searches on their short way and holds every request to its size."""

    def __init__(self, app: FastAPI, context: Context, rewriting: RewriteEndpoint, searching: SearchEndpoint) -> None:
        self._app = app
        self._context = context
        self._rewrite = rewriting
        self._search = searching
        settings = context.settings
        self._caps = {PATH: settings.max_search_bytes, **dict.fromkeys(IMPORTS, settings.max_import_bytes)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (or pass a lifespan event on)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._rewrite.index_of(scope) is not None:
            await self._rewrite(scope, receive, send)
        else:
            await self._capped(scope, receive, send)

    async def _capped(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 500
        length = 0
        cap = self._caps.get(scope["path"], self._context.settings.max_body_bytes)
        short = self._search.takes(scope)

        async def counted() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            if length > cap:
                raise too_large(cap)
            return message

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            check_length(scope, cap)
            await (self._search if short else self._app)(scope, counted, watched)
        except RequestError as refusal:
            await answer(watched, refusal.status, error_body(str(refusal), refusal.field))
        finally:
            route = PATH if short else getattr(scope.get("route"), "path", "none")
            metrics = self._context.metrics
            metrics.requests.labels(route, str(status)).inc()
            metrics.request_seconds.labels(route).observe(time.perf_counter() - started)
