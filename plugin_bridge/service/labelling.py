"""`/v1/labels` and `/v1/judgments`: what people teach, each label its token's, and which pair to ask for next."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypeVar

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from plugin_bridge.errors import RequestError
from plugin_bridge.labels.desk import LabelDesk
from plugin_bridge.labels.values import LABELS, LONGEST_QUERY, Judged, Outcome, Said, pair_key
from plugin_bridge.service import label_files
from plugin_bridge.service.reviewing import who
from plugin_bridge.service.schemas import validated

MOST_AT_ONCE = 1_000
MOST_ASKED = 50
MOST_A_PAGE = 1_000
Need = Callable[[str], Callable[[Request], Awaitable[None]]]
Given = TypeVar("Given", bound=BaseModel)
Key = Annotated[str, Field(min_length=1, max_length=64, description="the client's own: a repeat changes nothing")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    alias: str | None = Field(None, description="another alias than the bridge's own")


class LabelBody(BaseModel):
    """One label of a pair."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    left: str
    right: str
    label: Literal["similar", "dissimilar", "skip"]
    at: str | None = Field(None, max_length=40, description="when it was said, by the client's clock")
    source: Literal["queue", "search", "duplicates", "import"] = "search"


class LabelsBody(_Body):
    """Labels to save."""

    labels: list[LabelBody] = Field(min_length=1, max_length=MOST_AT_ONCE)


class UndoBody(_Body):
    """A row to take back: by its number (`id`), or by the key that it was saved with (`of`)."""

    key: Key
    id: int | None = None
    of: str | None = None


class SettleBody(_Body):
    """What holds of a pair on which people disagree."""

    left: str
    right: str
    label: Literal["similar", "dissimilar"]
    key: Key | None = None


class JudgmentBody(BaseModel):
    """How relevant a product is for a query: 0 (not) to 3 (perfect)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    key: Key
    query: str = Field(max_length=LONGEST_QUERY)
    product: str
    rating: int = Field(ge=0, le=3, strict=True)
    at: str | None = Field(None, max_length=40)


class JudgmentsBody(_Body):
    """Judgments to save."""

    judgments: list[JudgmentBody] = Field(min_length=1, max_length=MOST_AT_ONCE)


def build(desk: LabelDesk, need: Need) -> APIRouter:
    """Return the endpoints; all of them are for merchandisers."""
    router = APIRouter(tags=["labels"], dependencies=[Depends(need("merchandiser"))])
    _add_lists(router, desk)
    _add_labels(router, desk)
    _add_judgments(router, desk)
    label_files.add(router, desk)
    return router


def _add_lists(router: APIRouter, desk: LabelDesk) -> None:
    @router.get("/v1/labels/next", summary="The pairs to label next; none that the caller has answered")
    async def show_next(
        request: Request,
        count: int = Query(5, ge=1, le=MOST_ASKED),
        exclude: str = Query("", description="keys of pairs, with commas between: not these"),
        alias: str | None = None,
    ) -> Response:
        hidden = [key for key in exclude.split(",") if key]
        queue = await run_in_threadpool(lambda: desk.queue(desk.alias(alias)))
        found, left = await run_in_threadpool(lambda: queue.next(who(request), count, hidden))
        problem = queue.problem if left is None else None
        return _json({"pairs": [one.to_json() for one in found], "left": left, "problem": problem})

    @router.get("/v1/labels/pairs", summary="What was said, taken back and settled, newest first")
    async def show_pairs(
        by: str | None = None,
        label: str | None = None,
        product: str | None = None,
        size: int = Query(50, ge=0, le=MOST_A_PAGE),
        offset: int = Query(0, alias="from", ge=0),
        alias: str | None = None,
    ) -> Response:
        if label is not None and label not in LABELS:
            raise RequestError(f"a label is one of {', '.join(LABELS)}", status=422, field="label")
        found = await run_in_threadpool(
            lambda: desk.reading(desk.alias(alias)).history(
                by=by, label=label, product=product, size=size, offset=offset
            )
        )
        return _json({"labels": [one | {"pair": pair_key(one["left"], one["right"])} for one in found]})

    @router.get("/v1/labels/conflicts", summary="Pairs on which people disagree")
    async def show_conflicts(alias: str | None = None) -> Response:
        found = await run_in_threadpool(lambda: desk.reading(desk.alias(alias)).conflicts())
        return _json({"conflicts": [asdict(one) for one in found]})

    @router.get("/v1/labels/stats", summary="How many labels there are, and whether more would help")
    async def show_stats(request: Request, alias: str | None = None) -> Response:
        return _json(await run_in_threadpool(lambda: desk.stats(desk.alias(alias), who(request))))


def _add_labels(router: APIRouter, desk: LabelDesk) -> None:
    @router.post("/v1/labels/pairs", summary="Save labels of pairs", openapi_extra=_body(LabelsBody))
    async def save(request: Request) -> Response:
        body = await _read(request, LabelsBody)
        said = [Said(**one.model_dump()) for one in body.labels]
        return _answer(await run_in_threadpool(lambda: desk.save(desk.alias(body.alias), said, who(request))))

    @router.post("/v1/labels/undo", summary="Take a label, or a settlement, back", openapi_extra=_body(UndoBody))
    async def undo(request: Request) -> Response:
        body = await _read_undo(request)
        ledger = await run_in_threadpool(lambda: desk.pairs(desk.alias(body.alias)))
        found = await run_in_threadpool(lambda: ledger.undo(body.key, body.id, body.of, who(request)))
        return _json(found.to_json())

    @router.post("/v1/labels/settle", summary="Decide where people disagree", openapi_extra=_body(SettleBody))
    async def settle(request: Request) -> Response:
        body = await _read(request, SettleBody)
        found = await run_in_threadpool(
            lambda: desk.settle(desk.alias(body.alias), body.left, body.right, body.label, who(request), body.key)
        )
        return _json(asdict(found))


def _add_judgments(router: APIRouter, desk: LabelDesk) -> None:
    @router.post("/v1/judgments", summary="Save judgments of results", openapi_extra=_body(JudgmentsBody))
    async def judge(request: Request) -> Response:
        body = await _read(request, JudgmentsBody)
        judged = [Judged(**one.model_dump()) for one in body.judgments]
        return _answer(await run_in_threadpool(lambda: desk.judge(desk.alias(body.alias), judged, who(request))))

    @router.get("/v1/judgments", summary="Everybody's judgments of a query, or of all")
    async def show(query: str | None = None, alias: str | None = None) -> Response:
        found = await run_in_threadpool(lambda: desk.judgments(desk.alias(alias)).opinions(query))
        return _json({"judgments": found})

    @router.post("/v1/judgments/undo", summary="Take a judgment back", openapi_extra=_body(UndoBody))
    async def undo(request: Request) -> Response:
        body = await _read_undo(request)
        ledger = await run_in_threadpool(lambda: desk.judgments(desk.alias(body.alias)))
        found = await run_in_threadpool(lambda: ledger.undo(body.key, body.id, body.of, who(request)))
        return _json(found.to_json())


async def _read(request: Request, kind: type[Given]) -> Given:
    return validated(kind, await request.body() or b"{}")


async def _read_undo(request: Request) -> UndoBody:
    body = await _read(request, UndoBody)
    if (body.id is None) == (body.of is None):
        raise RequestError("name the row as `id`, or the key that it was saved with as `of`", status=422, field="id")
    return body


def _answer(outcome: Outcome) -> Response:
    """Answer a save; where nothing could be saved that is a refusal that names the first reason."""
    document = outcome.to_json()
    if outcome.saved or not outcome.refused:
        return _json(document)
    first = outcome.refused[0]
    return _json({"error": {"message": first.message, "field": first.field}, **document}, 422)


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def _body(kind: type[BaseModel], kinds: Sequence[str] = ("application/json",)) -> dict[str, Any]:
    content = {one: {"schema": kind.model_json_schema()} for one in kinds}
    return {"requestBody": {"required": True, "content": content}}
