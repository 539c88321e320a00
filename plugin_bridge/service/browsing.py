"""What a person who looks at results needs beside them: `POST /v1/facets` and `GET /v1/pictures/{id}`."""

import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from PIL import Image
from starlette.concurrency import run_in_threadpool

from encoders.pictures import load_picture
from plugin_bridge.errors import RequestError
from plugin_bridge.loading.load import loads_folder
from plugin_bridge.loading.photos import Photo, content_hash, find_photo, noted_folder
from plugin_bridge.service.context import Context
from plugin_bridge.service.schemas import FacetsBody, validated

Need = Callable[[str], Callable[[Request], Awaitable[None]]]
LARGEST_SIDE = 1024
_MAX_AGE = 3600


def build(context: Context, need: Need) -> APIRouter:
    """Return the endpoints; they are for shoppers, as the search is."""
    router = APIRouter(tags=["search"], dependencies=[Depends(need("storefront"))])
    pictures = Pictures(context)

    @router.post("/v1/facets", summary="Values and bounds of fields among what a search finds")
    async def facets(request: Request) -> Response:
        body = validated(FacetsBody, await request.body())
        found = await run_in_threadpool(
            lambda: context.searcher.facets(body.request(), fields=body.fields, values=body.values)
        )
        return Response(orjson.dumps(found), media_type="application/json")

    @router.get("/v1/pictures/{product_id:path}", summary="A product's photo as JPEG, not larger than `side` pixels")
    async def picture(
        request: Request,
        product_id: str,
        side: Annotated[int, Query(ge=16, le=LARGEST_SIDE)] = 448,
        generation: str | None = None,
        alias: str | None = None,
    ) -> Response:
        path = await run_in_threadpool(lambda: pictures.path(product_id, generation, alias))
        data = await run_in_threadpool(path.read_bytes)
        tag = f'"{content_hash(data)}-{side}"'
        headers = {"etag": tag, "cache-control": f"private, max-age={_MAX_AGE}"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        content = await run_in_threadpool(lambda: as_jpeg(data, path.name, side))
        return Response(content, headers=headers, media_type="image/jpeg")

    return router


class Pictures:
    """Finds products' photos: in the folder that the load noted for its generation, else in `KINDRED_IMAGES`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._folders: dict[str, Path] = {}

    def path(self, product_id: str, generation: str | None, alias: str | None) -> Path:
        """Return the file of a product's photo; RequestError 404 says why there is none."""
        searcher = self._context.searcher
        image = searcher.product(product_id, generation=generation, alias=alias).get("image")
        if not isinstance(image, str) or not image:
            raise RequestError("the product has no photo", status=404)
        found = find_photo(image, self._folder(generation, alias))
        if isinstance(found, Photo):
            raise RequestError(f"the product's photo cannot be had: {found.reason}", status=404)
        return found

    def _folder(self, generation: str | None, alias: str | None) -> Path:
        context = self._context
        if context.settings.images is not None:
            return context.settings.images
        alias = alias or context.settings.alias
        registry = context.registry
        known = registry.named(alias, generation) if generation else registry.live(alias)
        index = known.generation.index
        if index not in self._folders:
            lists = loads_folder(context.settings.home, context.cluster, alias) / known.generation.name
            folder = noted_folder(lists)
            if folder is None:
                raise RequestError(
                    f"it is not known where the photos of {index} are: set KINDRED_IMAGES to their folder", status=404
                )
            self._folders[index] = folder
        return self._folders[index]


def as_jpeg(data: bytes, name: str, side: int) -> bytes:
    """Return a photo as JPEG, its longer side at most `side`; PictureError where it is none."""
    picture: Any = Image.fromarray(load_picture(data, name=re.sub(r"[^\w.-]", "_", name), longest=side))
    picture.thumbnail((side, side))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()
