"""`/v1/suggestions`: what models suggest, and what people decide about it; each decision is its token's."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypeVar

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from plugin_bridge.errors import RequestError
from plugin_bridge.review.desk import ReviewDesk
from plugin_bridge.review.history import precision
from plugin_bridge.review.training import rows
from plugin_bridge.review.values import STATES, Outcome, Wanted
from plugin_bridge.service.schemas import validated

MOST_IDS = 10_000
MOST_A_PAGE = 1000
Need = Callable[[str], Callable[[Request], Awaitable[None]]]
Given = TypeVar("Given", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    alias: str | None = Field(None, description="another alias than the bridge's own")


class IdsBody(_Body):
    """The suggestions to decide."""

    ids: list[int] = Field(min_length=1, max_length=MOST_IDS)


class CorrectBody(_Body):
    """Another value than the suggested one; `new` allows a category that no product has yet."""

    id: int
    value: str
    new: bool = False


class FilterBody(_Body):
    """Which open suggestions a bulk decision is about."""

    action: Literal["accept", "refuse"]
    product: str | None = None
    field: str | None = None
    value: str | None = None
    model: str | None = None
    sure: bool | None = None
    min_confidence: float = Field(0.0, ge=0, le=1)
    max_confidence: float = Field(1.0, ge=0, le=1)
    under: str | None = None

    def wanted(self) -> Wanted:
        """Return the filter."""
        given = self.model_dump(include=set(Wanted.__dataclass_fields__))
        return Wanted(**given)


class BulkBody(FilterBody):
    """A bulk decision; `token` is that of the preview that was looked at."""

    token: str


class UndoBody(_Body):
    """The operation to take back."""

    operation: int


class MakeBody(_Body):
    """For which products to make suggestions, by which model (None: the shop's usual one)."""

    ids: list[str] | None = Field(None, min_length=1, max_length=MOST_IDS)
    all: bool = False
    model: str | None = None


def build(desk: ReviewDesk, need: Need) -> APIRouter:
    """Return the endpoints; all of them are for merchandisers."""
    router = APIRouter(prefix="/v1/suggestions", tags=["suggestions"], dependencies=[Depends(need("merchandiser"))])
    _add_lists(router, desk)
    _add_decisions(router, desk)
    return router


def _add_lists(router: APIRouter, desk: ReviewDesk) -> None:
    @router.get("", summary="Suggestions, the most confident first")
    async def show(
        product: str | None = None,
        field: str | None = None,
        value: str | None = None,
        model: str | None = None,
        sure: bool | None = None,
        state: str = "open",
        min_confidence: float = 0.0,
        max_confidence: float = 1.0,
        under: str | None = None,
        products: bool = False,
        size: int = Query(50, ge=0, le=MOST_A_PAGE),
        offset: int = Query(0, alias="from", ge=0),
        alias: str | None = None,
    ) -> Response:
        wanted = Wanted(product, field, value, model, sure, _state(state), min_confidence, max_confidence, under=under)

        def find() -> dict[str, Any]:
            reviewer = desk.reviewer(alias)
            page = reviewer.ledger.find(wanted, size=size, offset=offset)
            more = {"products": reviewer.products(page.suggestions)} if products else {}
            return page.to_json() | more

        return _json(await run_in_threadpool(find))

    @router.get("/groups", summary="Suggestions by value: how many, and how confident")
    async def show_groups(
        field: str | None = None,
        model: str | None = None,
        sure: bool | None = None,
        state: str = "open",
        size: int = Query(MOST_A_PAGE, ge=1, le=MOST_IDS),
        alias: str | None = None,
    ) -> Response:
        wanted = Wanted(field=field, model=model, sure=sure, state=_state(state))
        found = await run_in_threadpool(lambda: desk.reviewer(alias).ledger.groups(wanted, size))
        return _json({"groups": [asdict(one) for one in found]})

    @router.get("/precision", summary="How often each model was right, by week and field")
    async def show_precision(alias: str | None = None) -> Response:
        found = await run_in_threadpool(lambda: precision(desk.reviewer(alias).history.decisions()))
        return _json({"weeks": [asdict(one) for one in found]})

    @router.get("/history", summary="Every decision and who made it, newest first")
    async def show_history(
        product: str | None = None,
        size: int = Query(50, ge=0, le=MOST_A_PAGE),
        offset: int = Query(0, alias="from", ge=0),
        alias: str | None = None,
    ) -> Response:
        found = await run_in_threadpool(lambda: desk.reviewer(alias).history.events(product, size=size, offset=offset))
        return _json({"events": found})

    @router.get("/export", summary="Decisions as training data, one product a line")
    async def export(alias: str | None = None) -> Response:
        reviewer = await run_in_threadpool(lambda: desk.reviewer(alias))
        decisions = await run_in_threadpool(reviewer.history.decisions)
        index = (await run_in_threadpool(reviewer.live)).index

        def lines() -> Iterator[bytes]:
            for row in rows(reviewer.documents.cluster, index, decisions):
                yield orjson.dumps(row) + b"\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    @router.get("/jobs/{job}", summary="How a job that makes suggestions stands")
    async def show_job(job: int) -> Response:
        return _json(desk.jobs.state(job).to_json())


def _add_decisions(router: APIRouter, desk: ReviewDesk) -> None:
    async def decide(request: Request, kind: type[Given], work: Callable[[Given, str], Outcome]) -> Response:
        body = await _read(request, kind)
        return _answer(await run_in_threadpool(lambda: work(body, who(request))))

    @router.post("/make", status_code=202, summary="Make suggestions, in a job", openapi_extra=_body(MakeBody))
    async def make(request: Request) -> Response:
        body = await _read(request, MakeBody)
        if (body.ids is None) != body.all:
            raise RequestError("name products as `ids`, or say `all`", status=422, field="ids")
        state = await run_in_threadpool(lambda: desk.make(who(request), body.ids, body.model, body.alias))
        return _json({"job": state.id, **state.to_json()}, 202)

    @router.post("/accept", summary="Put suggested values into the index", openapi_extra=_body(IdsBody))
    async def accept(request: Request) -> Response:
        return await decide(request, IdsBody, lambda body, by: desk.reviewer(body.alias).accept(body.ids, by))

    @router.post("/refuse", summary="Say that suggested values are wrong", openapi_extra=_body(IdsBody))
    async def refuse(request: Request) -> Response:
        return await decide(request, IdsBody, lambda body, by: desk.reviewer(body.alias).refuse(body.ids, by))

    @router.post("/correct", summary="Put another value into the index", openapi_extra=_body(CorrectBody))
    async def correct(request: Request) -> Response:
        return await decide(
            request,
            CorrectBody,
            lambda body, by: desk.reviewer(body.alias).correct(body.id, body.value, by, new=body.new),
        )

    @router.post("/preview", summary="What a bulk decision would do", openapi_extra=_body(FilterBody))
    async def preview(request: Request) -> Response:
        body = await _read(request, FilterBody)
        found = await run_in_threadpool(lambda: desk.reviewer(body.alias).preview(body.wanted(), body.action))
        return _json(found.to_json())

    @router.post("/bulk", summary="Do what a preview showed", openapi_extra=_body(BulkBody))
    async def bulk(request: Request) -> Response:
        return await decide(
            request,
            BulkBody,
            lambda body, by: desk.reviewer(body.alias).bulk(body.wanted(), body.action, body.token, by),
        )

    @router.post("/undo", summary="Take an operation back", openapi_extra=_body(UndoBody))
    async def undo(request: Request) -> Response:
        return await decide(request, UndoBody, lambda body, by: desk.reviewer(body.alias).undo(body.operation, by))


def _state(state: str) -> str | None:
    if state != "any" and state not in STATES:
        raise RequestError(f"state is any or one of {', '.join(STATES)}", status=422, field="state")
    return None if state == "any" else state


def who(request: Request) -> str:
    """Return whose decision a request is: the name of its token."""
    token = getattr(request.state, "token", None)
    return token.name if token is not None else "anonymous"


def _answer(outcome: Outcome) -> Response:
    """Answer a decision; where nothing could be decided that is a refusal that names the first reason."""
    document = outcome.to_json()
    if outcome.decided or not outcome.conflicts:
        return _json(document)
    first = outcome.conflicts[0]
    status = 404 if all(one.code == "unknown" for one in outcome.conflicts) else 409
    return _json({"error": {"message": first.message, "field": first.field}, **document}, status)


async def _read(request: Request, kind: type[Given]) -> Given:
    return validated(kind, await request.body() or b"{}")


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def _body(kind: type[BaseModel], kinds: Sequence[str] = ("application/json",)) -> dict[str, Any]:
    content = {one: {"schema": kind.model_json_schema()} for one in kinds}
    return {"requestBody": {"required": True, "content": content}}
