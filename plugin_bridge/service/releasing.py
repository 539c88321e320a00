"""`/v1/releases`, `/v1/rollback` and `/v1/canary`: what was released, going live, and going back."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from encoders.store import ModelStore
from opensearch.leases import holder, of_releases
from plugin_bridge.errors import RequestError
from plugin_bridge.plugging import unplug
from plugin_bridge.releases import candidates, records
from plugin_bridge.releases.canary import MOST_SHARE
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.release import refusal, release_compared
from plugin_bridge.releases.switching import installed, rollback
from plugin_bridge.releases.workshop import Hooks, Workshop
from plugin_bridge.service.context import Context
from plugin_bridge.service.reviewing import who
from plugin_bridge.service.schemas import validated

log = logging.getLogger(__name__)

Need = Callable[[str], Callable[[Request], Awaitable[None]]]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    alias: str | None = Field(None, description="another alias than the bridge's own")


class SwitchBody(_Body):
    """Whether to release what the comparison cannot call better, or even calls worse."""

    force: bool = False
    worse: bool = False


class RollbackBody(_Body):
    """Where to go back to; the generation before the live one if absent."""

    to: str | None = None


class CanaryBody(_Body):
    """The candidate and the share of a storefront's requests that it ranks; 0 ends the canary."""

    generation: str | None = None
    share: float = Field(ge=0, le=MOST_SHARE)


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoints: looking is for merchandisers, switching for role `release`."""
    store = ModelStore(context.settings.models_dir)
    hooks = Hooks(
        log=log.info,
        install=lambda cluster, generation: installed(cluster, generation, context.settings),
        remove=unplug,
    )

    def open_shop(alias: str | None) -> Workshop:
        settings = context.settings
        return Workshop(context.cluster, store, settings, context.storage, alias or settings.alias, hooks)

    def changed() -> None:
        context.canaries.refresh()
        context.registry.refresh()

    router = APIRouter(tags=["releases"])
    looking, switching = [Depends(need("merchandiser"))], [Depends(need("release"))]

    @router.get("/v1/releases", summary="Releases, newest first, and the canary", dependencies=looking)
    async def show(alias: str | None = None) -> Response:
        return _json(await run_in_threadpool(lambda: _listed(open_shop(alias))))

    @router.get("/v1/releases/{release}", summary="One release with its comparison", dependencies=looking)
    async def show_one(release: int, alias: str | None = None) -> Response:
        return _json(await run_in_threadpool(lambda: _told(open_shop(alias), release)))

    @router.post("/v1/releases/{release}/switch", summary="Make a compared candidate live", dependencies=switching)
    async def switch(release: int, request: Request) -> Response:
        body = validated(SwitchBody, await request.body() or b"{}")

        def work() -> dict[str, Any]:
            shop = open_shop(body.alias)
            found = shop.releases.get(release)
            why = refusal(found.verdict, force=body.force, worse=body.worse)
            if found.verdict is None:
                why = f"release {release} was not compared yet ({found.state})"
            if why is not None:
                raise RequestError(why, status=409, field="force")
            done = release_compared(shop, found).to_json()
            changed()
            return done

        return _json(await run_in_threadpool(work))

    @router.post("/v1/rollback", summary="Make an earlier generation live again", dependencies=switching)
    async def go_back(request: Request) -> Response:
        body = validated(RollbackBody, await request.body() or b"{}")

        def work() -> dict[str, Any]:
            done = rollback(open_shop(body.alias), body.to).to_json()
            changed()
            return done

        return _json(await run_in_threadpool(work))

    @router.post("/v1/canary", summary="Give a candidate a share of the requests", dependencies=switching)
    async def set_canary(request: Request) -> Response:
        body = validated(CanaryBody, await request.body() or b"{}")
        if body.share and body.generation is None:
            raise RequestError("generation: name the candidate", status=422, field="generation")

        def work() -> dict[str, Any]:
            shop = open_shop(body.alias)
            target = candidates.find(shop, body.generation).index if body.generation and body.share else ""
            made = shop.canaries.set(shop.alias, target, body.share, who(request))
            changed()
            return {"canary": made.to_json() if made else None}

        return _json(await run_in_threadpool(work))

    return router


def _listed(shop: Workshop) -> dict[str, Any]:
    if not shop.storage.exists():
        return {"releases": [], "canary": None}
    canary = shop.canaries.all().get(shop.alias)
    found = [_as_it_stands(shop, one) for one in shop.releases.all()]
    return {"releases": found, "canary": canary.to_json() if canary else None}


def _told(shop: Workshop, number: int) -> dict[str, Any]:
    for one in shop.releases.all():
        if one.id == number:
            return _as_it_stands(shop, one)
    raise RequestError(f"{shop.alias} has no release {number}", status=404)


def _as_it_stands(shop: Workshop, release: Release) -> dict[str, Any]:
    """Return a release; one whose process died before it could say so is told as failed."""
    told = release.to_json()
    if release.state == records.BUILDING and holder(shop.cluster, of_releases(shop.alias)) is None:
        told |= {"state": records.FAILED, "problem": "it was interrupted; the same release goes on from here"}
    return told


def _json(document: Any) -> Response:
    return Response(orjson.dumps(document, default=str), media_type="application/json")
