"""Every refusal in one shape: `{"error": {"message", "field"}}`, with the status that fits."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from encoders.errors import EncoderError, ModelNotFoundError, PictureError
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError, GenerationError, OpenSearchError
from plugin_bridge.errors import BridgeError, RequestError
from plugin_bridge.service.wire import error_body

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Make `app` answer all errors in this shape."""

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        message = first["msg"].removeprefix("Value error, ")
        return _response(422, f"{field}: {message}" if field else message, field or None)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        message = str(error.detail)
        if error.status_code == 404:
            message = f"there is no {request.method} {request.url.path} here"
        return _response(error.status_code, message, None)

    @app.exception_handler(BridgeError)
    @app.exception_handler(OpenSearchError)
    @app.exception_handler(EncoderError)
    def ours(_: Request, error: Exception) -> Response:
        field = error.field if isinstance(error, RequestError) else None
        return _response(_status_of(error), str(error), "image" if isinstance(error, PictureError) else field)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _response(500, "the bridge failed to answer; its log says why", None)


def _status_of(error: Exception) -> int:
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, PictureError):
        return 400
    if isinstance(error, GenerationError | ModelNotFoundError):
        return 404
    if isinstance(error, ClusterUnreachableError):
        return 503
    if isinstance(error, ClusterRefusedError):
        return 502
    return 500


def _response(status: int, message: str, field: str | None) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(error_body(message, field), status, headers, "application/json")
