"""The endpoints for people and programs; the one for OpenSearch is in `rewriting`."""

import base64
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from plugin_bridge import status
from plugin_bridge.errors import RequestError
from plugin_bridge.searching.answers import SearchAnswer
from plugin_bridge.service import (
    browsing,
    categories,
    duplicating,
    embeddings,
    jobbing,
    labelling,
    mapping,
    recommending,
    regions,
    releasing,
    reviewing,
    ruling,
)
from plugin_bridge.service.context import Context, activate
from plugin_bridge.service.schemas import EmbeddingsBody, SearchBody, SimilarBody, validated
from plugin_bridge.service.searching import SearchEndpoint
from plugin_bridge.service.wire import authorise
from plugin_bridge.tokens import ROLES

_FLAT = ("text", "like", "mode", "size", "from", "explain", "generation", "alias", "rules")


def build(context: Context, searching: SearchEndpoint) -> APIRouter:
    """Return all endpoints over a bridge's parts."""
    router = APIRouter()
    router.include_router(_open(context))
    router.include_router(_for_shoppers(context, searching))
    router.include_router(_for_staff(context))
    router.include_router(reviewing.build(context.desk, lambda role: _need(context, role)))
    router.include_router(browsing.build(context, lambda role: _need(context, role)))
    router.include_router(regions.build(context, lambda role: _need(context, role)))
    router.include_router(duplicating.build(context, lambda role: _need(context, role)))
    router.include_router(labelling.build(context.labels, lambda role: _need(context, role)))
    router.include_router(mapping.build(context, lambda role: _need(context, role)))
    router.include_router(categories.build(context, lambda role: _need(context, role)))
    router.include_router(ruling.build(context, lambda role: _need(context, role)))
    router.include_router(jobbing.build(context.jobs, lambda role: _need(context, role)))
    router.include_router(releasing.build(context, lambda role: _need(context, role)))
    router.include_router(recommending.build(context, lambda role: _need(context, role)))
    return router


def _open(context: Context) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health", summary="Is the process alive? No token needed")
    async def health() -> Response:
        return _json({"status": "alive"})

    @router.get("/ready", summary="Can the live generations be served? No token needed")
    async def ready() -> Response:
        document = readiness(context)
        return _json(document, 200 if document["ready"] else 503)

    return router


def _for_shoppers(context: Context, searching: SearchEndpoint) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_need(context, "storefront"))])

    @router.post("/v1/search", tags=["search"], summary="Search by words, picture or both", openapi_extra=_BODIES)
    async def search(request: Request) -> Response:
        body = await _search_body(request)
        return _answer(await searching.answer(body.request()))

    async def similar(product_id: str, body: SimilarBody) -> Response:
        wanted = body.model_dump()
        return _answer(await run_in_threadpool(lambda: context.searcher.similar(product_id, **wanted)))

    @router.get("/v1/similar/{product_id:path}", tags=["search"], summary="Items like a product")
    async def similar_get(
        product_id: str,
        size: int = 10,
        offset: int = Query(0, alias="from"),
        explain: bool = False,
        generation: str | None = None,
        alias: str | None = None,
        rules: bool = True,
    ) -> Response:
        body = SimilarBody(size=size, offset=offset, explain=explain, generation=generation, alias=alias, rules=rules)
        return await similar(product_id, body)

    @router.post("/v1/similar/{product_id:path}", tags=["search"], summary="Items like a product, filtered")
    async def similar_post(product_id: str, request: Request) -> Response:
        return await similar(product_id, validated(SimilarBody, await request.body() or b"{}"))

    @router.get("/v1/products/{product_id:path}", tags=["search"], summary="A product's fields")
    async def product(product_id: str, generation: str | None = None, alias: str | None = None) -> Response:
        found = await run_in_threadpool(
            lambda: context.searcher.product(product_id, generation=generation, alias=alias)
        )
        return _json({"id": product_id, "product": found})

    @router.post("/v1/embeddings", tags=["encoders"], summary="Vectors of texts, shaped as OpenAI's endpoint")
    async def embed(request: Request) -> Response:
        wanted = validated(EmbeddingsBody, await request.body())
        return _json(await embeddings.answer(context, wanted))

    @router.get("/metrics", tags=["operations"], summary="Figures for Prometheus")
    async def metrics() -> Response:
        text = await run_in_threadpool(context.metrics.text)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _for_staff(context: Context) -> APIRouter:
    router = APIRouter(dependencies=[Depends(_need(context, "merchandiser"))])

    @router.get("/v1/status", tags=["operations"], summary="Node, alias, generations, models, fallbacks")
    async def show_status(request: Request) -> Response:
        role = request.state.token.role if context.settings.auth else ROLES[-1]
        bridge = {"running": True, "version": version("kindred"), "role": role, **readiness(context)}
        return _json(await run_in_threadpool(lambda: status.describe(context.cluster, context.settings, bridge=bridge)))

    @router.post("/v1/refresh", tags=["operations"], summary="Look for new and dropped generations now")
    async def refresh() -> Response:
        snapshot = await run_in_threadpool(context.registry.refresh)
        await run_in_threadpool(lambda: activate(context.cluster, snapshot, context.settings.alias))
        return _json(readiness(context))

    @router.get("/v1/generations", tags=["operations"], summary="The generations of an alias")
    async def show_generations(alias: str | None = None) -> Response:
        name = alias or context.settings.alias
        rows = await run_in_threadpool(lambda: status.generation_rows(context.cluster, name))
        return _json({"alias": name, "generations": rows})

    return router


def readiness(context: Context) -> dict[str, Any]:
    """Return whether the alias's live generation can be served, and which generations are loaded."""
    known = context.registry.snapshot.by_index.values()
    alias = context.settings.alias
    problems = [one.problem for one in known if one.live and one.problem and one.generation.alias == alias]
    problem = context.refresher.problem or next(iter(problems), None)
    return {
        "ready": problem is None,
        "problem": problem,
        "loaded": [
            {
                "index": one.generation.index,
                "live": one.live,
                "loaded": one.problem is None,
                "problem": one.problem or one.no_photos,
            }
            for one in known
        ],
    }


def _need(context: Context, role: str) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        if context.settings.auth:
            request.state.token = authorise(request.scope, context.tokens, role)

    return check


async def _search_body(request: Request) -> SearchBody:
    """Return the search of a JSON body or of an uploaded form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return validated(SearchBody, await request.body())
    async with request.form(max_files=1, max_fields=20) as form:
        document: dict[str, Any] = {}
        for name, value in form.items():
            if isinstance(value, UploadFile):
                if name != "image":
                    raise RequestError(f"a file is sent as `image`, not as {name!r}", status=422, field=name)
                document["image"] = base64.b64encode(await value.read()).decode()
            elif name in ("filters", "weights"):
                try:
                    document[name] = orjson.loads(value)
                except orjson.JSONDecodeError as error:
                    raise RequestError(f"{name}: is not JSON: {error}", status=422, field=name) from error
            else:
                document[name] = value
    return validated(SearchBody, document)


def _answer(answer: SearchAnswer) -> Response:
    return _json(answer.to_json())


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": SearchBody.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "image": {"type": "string", "format": "binary"},
                        "filters": {"type": "string", "description": "JSON"},
                        "weights": {"type": "string", "description": "JSON"},
                        **{name: {"type": "string"} for name in _FLAT},
                    },
                }
            },
        },
    }
}
