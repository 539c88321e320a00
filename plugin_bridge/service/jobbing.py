"""`/v1/jobs` and `/v1/experiments`: trainings and releases as child processes, and what came of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from plugin_bridge.errors import RequestError
from plugin_bridge.experiments import find, listed
from plugin_bridge.jobs.commands import RELEASE
from plugin_bridge.jobs.desk import JobDesk, is_over
from plugin_bridge.jobs.told import Told
from plugin_bridge.service.reviewing import who
from plugin_bridge.service.schemas import validated

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
POLL_SECONDS = 0.3
BEAT_SECONDS = 15.0


class JobBody(BaseModel):
    """A job to queue. `settings` are options of its command, as `kindred COMMAND --help` lists them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: str
    settings: dict[str, Any] = Field(default_factory=dict)
    alias: str | None = Field(None, description="another alias than the bridge's own")


def build(desk: JobDesk, need: Need) -> APIRouter:
    """Return the endpoints; all of them are for merchandisers, a release that switches for role `release`."""
    router = APIRouter(tags=["jobs"], dependencies=[Depends(need("merchandiser"))])
    _add_jobs(router, desk, need)
    _add_told(router, desk)

    @router.get("/v1/experiments", summary="Trainings that were recorded, newest first")
    async def show_experiments() -> Response:
        found = await run_in_threadpool(listed, desk.home)
        return _json({"experiments": [one.to_json() for one in found]})

    @router.get("/v1/experiments/{experiment}", summary="One recorded training")
    async def show_experiment(experiment: str) -> Response:
        found = await run_in_threadpool(find, desk.home, experiment)
        if found is None:
            raise RequestError(f"there is no experiment {experiment!r}", status=404)
        return _json(found.to_json())

    return router


def _add_jobs(router: APIRouter, desk: JobDesk, need: Need) -> None:
    @router.get("/v1/jobs/plan", summary="What a job of a kind would work with, and how long it takes")
    async def plan(kind: str, alias: str | None = None) -> Response:
        return _json(await run_in_threadpool(lambda: desk.plan(kind, alias)))

    @router.post("/v1/jobs", status_code=202, summary="Queue a job", openapi_extra=_body(JobBody))
    async def add(request: Request) -> Response:
        body = validated(JobBody, await request.body() or b"{}")
        if body.kind == RELEASE and body.settings.get("dry_run") is not True:
            await need("release")(request)  # it may switch what shoppers see
        job = await run_in_threadpool(lambda: desk.add(body.kind, body.settings, who(request), body.alias))
        return _json(await run_in_threadpool(lambda: desk.described(job)), 202)

    @router.get("/v1/jobs", summary="All jobs, newest first")
    async def show_all() -> Response:
        return _json({"jobs": await run_in_threadpool(lambda: [desk.described(job) for job in desk.all()])})

    @router.get("/v1/jobs/{job}", summary="How a job stands")
    async def show(job: int) -> Response:
        return _json(await run_in_threadpool(lambda: desk.described(desk.get(job))))

    @router.post("/v1/jobs/{job}/cancel", summary="Cancel a job")
    async def cancel(job: int, request: Request) -> Response:
        found = await run_in_threadpool(lambda: desk.get(job))
        if found.kind == RELEASE and not found.settings.get("dry_run"):
            await need("release")(request)
        return _json(await run_in_threadpool(lambda: desk.described(desk.cancel(job, who(request)))))


def _add_told(router: APIRouter, desk: JobDesk) -> None:
    @router.get("/v1/jobs/{job}/log", summary="What a job has said in words")
    async def show_log(job: int) -> Response:
        return PlainTextResponse(await run_in_threadpool(lambda: desk.log(job)))

    @router.get("/v1/jobs/{job}/events", summary="What a job tells, as server-sent events, until it has ended")
    async def events(job: int, request: Request) -> Response:
        await run_in_threadpool(lambda: desk.get(job))  # a 404 is answered, not streamed
        after = _after(request.headers.get("last-event-id"))
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_stream(desk, job, after, request), media_type="text/event-stream", headers=headers)


async def _stream(desk: JobDesk, number: int, after: int, request: Request) -> AsyncIterator[bytes]:
    """Yield events: `state` first and whenever it changes, and each line of the job; ids count lines.

    A client that lost its connection sends the last id it saw and goes on behind it.
    """
    told, state, line, quiet = Told(), "", 0, 0.0
    while True:
        job = await run_in_threadpool(desk.get, number)
        fresh = await run_in_threadpool(desk.events, job, told)
        for event in fresh:
            line += 1
            if line > after and event["event"] in ("progress", "figures", "log"):
                yield _event(str(event["event"]), event, line)
        if job.state != state:
            state = job.state
            yield _event("state", await run_in_threadpool(desk.described, job), None)
        if is_over(job) and not fresh:
            return
        if await request.is_disconnected():
            return
        quiet = 0.0 if fresh else quiet + POLL_SECONDS
        if quiet > BEAT_SECONDS:
            quiet = 0.0
            yield b": still there\n\n"
        await asyncio.sleep(POLL_SECONDS)


def _event(kind: str, document: Any, number: int | None) -> bytes:
    identity = b"" if number is None else b"id: %d\n" % number
    return b"event: %s\n%sdata: %s\n\n" % (kind.encode(), identity, orjson.dumps(document, default=str))


def _after(last: str | None) -> int:
    return int(last) if last and last.isascii() and last.isdigit() else 0


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document, default=str), status, media_type="application/json")


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": kind.model_json_schema()}}}}
