"""`POST /v1/recommend` for storefronts, `GET /v1/segments` for merchandisers."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from plugin_bridge.behaviour.describing import described, labels_in
from plugin_bridge.behaviour.recommending import Wish
from plugin_bridge.behaviour.segments import MOST_SEGMENTS, segments
from plugin_bridge.service.context import Context
from plugin_bridge.service.schemas import validated

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
MOST_IDS = 100_000  # in a request; the latest thousand are used
_SEGMENTS = 8


class RecommendBody(BaseModel):
    """What is asked for: by a history (ids, oldest first) or by a customer of the diary, or by neither."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    history: list[str] | None = Field(None, max_length=MOST_IDS)
    customer: str | None = Field(None, min_length=1, max_length=500)
    kind: Literal["next", "basket", "favourites"] = "next"
    size: int = 10
    filters: dict[str, Any] = Field(default_factory=dict)
    diversity: float = Field(0.0, ge=0, le=1)
    owned: bool = Field(False, description="also what was bought before")
    context: str | None = Field(None, description="where a customer without history is, as the orders name it")
    explain: bool = False
    generation: str | None = None
    alias: str | None = None


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoints."""
    router = APIRouter(tags=["recommendations"])

    @router.post("/v1/recommend", summary="What a customer may want next", dependencies=[Depends(need("storefront"))])
    async def recommend(request: Request) -> Response:
        wish = Wish(**validated(RecommendBody, await request.body()).model_dump())
        found = await run_in_threadpool(lambda: context.recommender.recommend(wish))
        return _json(found.to_json())

    @router.get("/v1/segments", summary="Groups of customers", dependencies=[Depends(need("merchandiser"))])
    async def show_segments(
        count: int = Query(_SEGMENTS, ge=1, le=MOST_SEGMENTS), alias: str | None = None
    ) -> Response:
        def work() -> dict[str, Any]:
            generation = context.registry.live(alias or context.settings.alias).generation
            model = context.recommender.shelf.model_of(generation)
            labels = labels_in(context.registry.cluster, generation.index, model)
            return described(segments(model, count), model, labels).to_json()

        return _json(await run_in_threadpool(work))

    return router


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")
