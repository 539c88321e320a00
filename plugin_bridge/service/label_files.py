"""Files of labels and judgments over HTTP: exported as a stream, imported from the body, which may be large."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from plugin_bridge.errors import StorageError
from plugin_bridge.labels import exporting
from plugin_bridge.labels.desk import LabelDesk
from plugin_bridge.labels.importing import Report
from plugin_bridge.service.reviewing import who

IMPORTS = ("/v1/labels/import", "/v1/judgments/import")
"""Paths whose bodies are files: a cap of their own holds them."""
_FILE = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def add(router: APIRouter, desk: LabelDesk) -> None:
    """Add the endpoints for files."""
    _add_exports(router, desk)

    @router.post("/v1/labels/import", summary="Save the labels of a file, the body", openapi_extra=_FILE)
    async def import_labels(
        request: Request,
        format: Literal["csv", "jsonl"] = "csv",
        encoding: str | None = None,
        alias: str | None = None,
    ) -> Response:
        by = who(request)
        return await _imported(request, lambda path: desk.import_pairs(desk.alias(alias), path, format, by, encoding))

    @router.post("/v1/judgments/import", summary="Save the judgments of a file, the body", openapi_extra=_FILE)
    async def import_judgments(
        request: Request,
        format: Literal["qrels", "quepid", "opensearch"] = "quepid",
        encoding: str | None = None,
        alias: str | None = None,
    ) -> Response:
        by = who(request)
        return await _imported(
            request, lambda path: desk.import_judgments(desk.alias(alias), path, format, by, encoding)
        )


def _add_exports(router: APIRouter, desk: LabelDesk) -> None:
    @router.get("/v1/labels/export", summary="Everybody's labels in force, as a file")
    async def export_labels(format: Literal["csv", "jsonl"] = "csv", alias: str | None = None) -> Response:
        reading = await run_in_threadpool(lambda: desk.reading(desk.alias(alias)))
        return StreamingResponse(exporting.pairs(reading, format), media_type=exporting.PAIR_FORMATS[format])

    @router.get("/v1/judgments/export", summary="Judgments, everybody's taken together, as a file")
    async def export_judgments(
        format: Literal["qrels", "quepid", "opensearch"] = "qrels", queries: bool = False, alias: str | None = None
    ) -> Response:
        name = desk.alias(alias)
        ledger = await run_in_threadpool(lambda: desk.judgments(name))
        lines = exporting.judgments(ledger, format, queries=queries, name=name)
        return StreamingResponse(lines, media_type=exporting.JUDGMENT_FORMATS[format])


async def _imported(request: Request, work: Callable[[Path], Report]) -> Response:
    """Keep the body in a file of its own and have it imported."""
    with tempfile.TemporaryDirectory(prefix="kindred-import-") as folder:
        path = Path(folder) / "body"
        try:
            with path.open("wb") as file:
                async for part in request.stream():
                    file.write(part)
        except OSError as error:
            reason = error.strerror or error
            raise StorageError(
                f"the file cannot be kept in {folder}: {reason}; nothing was saved", status=507
            ) from error
        report = await run_in_threadpool(lambda: work(path))
    return Response(orjson.dumps(report.to_json()), media_type="application/json")
