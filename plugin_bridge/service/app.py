"""The bridge as one ASGI application: the rewrite in front, everything else behind caps and counts."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from plugin_bridge.errors import RequestError
from plugin_bridge.service import failures, routes
from plugin_bridge.service.context import Context
from plugin_bridge.service.rewriting import RewriteEndpoint
from plugin_bridge.service.wire import App, Message, Receive, Scope, Send, answer, check_length, error_body, too_large

_JSON_AROUND_PICTURE = 64 * 1024


def create_app(context: Context) -> App:
    """Return the application over the parts of a bridge; it closes them when it stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        context.refresher.start()
        yield
        context.close()

    app = FastAPI(
        title="Kindred bridge",
        description="Search by keywords, text vectors and photos over OpenSearch.",
        lifespan=lifespan,
        redoc_url=None,
    )
    failures.install(app)
    app.include_router(routes.build(context))
    return _Front(app, context)


class _Front:
    """Sends rewrites on their short way and holds the others to their size."""

    def __init__(self, app: FastAPI, context: Context) -> None:
        self._app = app
        self._context = context
        self._rewrite = RewriteEndpoint(context)
        settings = context.settings
        self._cap = settings.max_body_bytes
        self._search_cap = max(self._cap, settings.max_picture_bytes * 4 // 3 + _JSON_AROUND_PICTURE)

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
        cap = self._search_cap if scope["path"] == "/v1/search" else self._cap

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
            await self._app(scope, counted, watched)
        except RequestError as refusal:
            await answer(watched, refusal.status, error_body(str(refusal), refusal.field))
        finally:
            route = getattr(scope.get("route"), "path", "none")
            metrics = self._context.metrics
            metrics.requests.labels(route, str(status)).inc()
            metrics.request_seconds.labels(route).observe(time.perf_counter() - started)
