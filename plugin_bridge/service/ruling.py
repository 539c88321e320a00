"""`/v1/rules`: merchandising rules, what they would change, and who changed them; each change is its token's."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar
from uuid import uuid4

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from plugin_bridge.rules.desk import PREVIEW_SIZE, RuleDesk
from plugin_bridge.rules.values import FACTOR, MOST_PRODUCTS, Draft
from plugin_bridge.service.context import Context
from plugin_bridge.service.reviewing import who
from plugin_bridge.service.schemas import validated

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
Given = TypeVar("Given", bound=BaseModel)
MOST_A_PAGE = 1000
MOST_PREVIEWED = 100


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleBody(_Body):
    """A rule: what to do, for which requests, with which products, when."""

    action: Literal["pin", "hide", "boost", "bury"]
    kind: Literal["query", "pattern", "category"]
    value: str = Field(description="the words, the pattern (`*` meets everything) or the category")
    products: list[str] = Field(default_factory=list, max_length=MOST_PRODUCTS, description="ids")
    field: str = Field("", description="instead of ids: all products whose brand, category, colour or tags")
    of: str = Field("", description="is this")
    place: int = Field(1, description="where a pin stands, counted from 1")
    factor: float = Field(FACTOR, allow_inf_nan=False, description="multiplies, or divides, the score")
    starts: str | None = Field(None, description="a day or a moment, ISO 8601")
    ends: str | None = None
    priority: int = Field(0, description="the higher goes first")
    owner: str = Field("", description="default: who saves it")
    note: str = ""

    def draft(self) -> Draft:
        """Return it as the rest of the bridge takes it."""
        said = {name: getattr(self, name) for name in Draft.__dataclass_fields__}
        return Draft(**said | {"products": tuple(self.products)})


class SavedBody(RuleBody):
    """A rule to save. A request that is sent again with the same `key` changes nothing."""

    key: str = Field(default_factory=lambda: uuid4().hex, min_length=1, max_length=64)
    version: int | None = Field(None, description="the version that was looked at; refused where it is not the last")
    alias: str | None = None


class PreviewBody(_Body):
    """A rule to try; `id` is the one that it would take the place of, which `without` leaves out before, too."""

    rule: RuleBody
    id: int | None = None
    without: bool = False
    query: str | None = Field(None, max_length=2000)
    filters: dict[str, Any] = Field(default_factory=dict)
    size: int = Field(PREVIEW_SIZE, ge=1, le=MOST_PREVIEWED)
    alias: str | None = None


class UndoBody(_Body):
    """The change to take back; default: one's own last one."""

    event: int | None = None
    key: str = Field(default_factory=lambda: uuid4().hex, min_length=1, max_length=64)
    alias: str | None = None


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoints of rules; `need` makes the check of a token's role."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"], dependencies=[Depends(need("merchandiser"))])

    def desk(alias: str | None) -> RuleDesk:
        chosen = alias or context.settings.alias
        return RuleDesk(context.storage.open, context.searcher, chosen, context.rules.refresh)

    _add_reading(router, desk)
    _add_changes(router, desk)
    return router


def _add_reading(router: APIRouter, desk: Callable[[str | None], RuleDesk]) -> None:
    @router.get("", summary="All rules, and the conflicts among them")
    async def listed(alias: str | None = None) -> Response:
        return _json(await run_in_threadpool(lambda: desk(alias).listed()))

    @router.get("/audit", summary="Who changed which rule, newest first")
    async def audit(
        rule: int | None = None,
        size: int = Query(50, ge=0, le=MOST_A_PAGE),
        offset: int = Query(0, alias="from", ge=0),
        alias: str | None = None,
    ) -> Response:
        return _json(await run_in_threadpool(lambda: desk(alias).audit(rule, size=size, offset=offset)))

    @router.post("/preview", summary="What a rule would change", openapi_extra=_body(PreviewBody))
    async def preview(request: Request) -> Response:
        body = await _read(request, PreviewBody)
        more: dict[str, Any] = {
            "query": body.query,
            "filters": body.filters,
            "size": body.size,
            "without": body.without,
        }
        return _json(
            await run_in_threadpool(lambda: desk(body.alias).preview(body.rule.draft(), number=body.id, **more))
        )


def _add_changes(router: APIRouter, desk: Callable[[str | None], RuleDesk]) -> None:
    @router.post("", status_code=201, summary="Add a rule", openapi_extra=_body(SavedBody))
    async def add(request: Request) -> Response:
        body = await _read(request, SavedBody)
        return _json(await run_in_threadpool(lambda: desk(body.alias).add(body.draft(), who(request), body.key)), 201)

    @router.post("/undo", summary="Take a change back", openapi_extra=_body(UndoBody))
    async def undo(request: Request) -> Response:
        body = await _read(request, UndoBody)
        return _json(await run_in_threadpool(lambda: desk(body.alias).undo(body.event, who(request), body.key)))

    @router.put("/{rule}", summary="Change a rule", openapi_extra=_body(SavedBody))
    async def change(rule: int, request: Request) -> Response:
        body = await _read(request, SavedBody)
        by = who(request)
        return _json(
            await run_in_threadpool(lambda: desk(body.alias).change(rule, body.draft(), by, body.key, body.version))
        )

    @router.delete("/{rule}", summary="Remove a rule")
    async def remove(
        rule: int,
        request: Request,
        key: str | None = Query(None, min_length=1, max_length=64),
        version: int | None = None,
        alias: str | None = None,
    ) -> Response:
        by, said = who(request), key or uuid4().hex
        return _json(await run_in_threadpool(lambda: desk(alias).remove(rule, by, said, version)))


async def _read(request: Request, kind: type[Given]) -> Given:
    return validated(kind, await request.body() or b"{}")


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    content = {"application/json": {"schema": kind.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}
