"""Every refusal in one shape: `{"error": {"message", "field"}}`, with the status that fits."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from encoders.errors import EncoderError, ModelNotFoundError, PictureError
from opensearch.errors import ClusterRefusedError, ClusterUnreachableError, GenerationError, OpenSearchError
from opensearch.leases import LeaseHeldError, LeaseLostError
from plugin_bridge.errors import BehaviourError, BridgeError, ReleaseError, RequestError, StorageError
from plugin_bridge.service.wire import error_body

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Make `app` answer all errors in this shape."""
    for kind in (RequestValidationError, HTTPException, BridgeError, OpenSearchError, EncoderError, Exception):
        app.add_exception_handler(kind, _answer)


def described(error: Exception, where: str) -> tuple[int, bytes]:
    """Return the status and body with which an error is answered; one that nobody foresaw is logged."""
    field: str | None = None
    if isinstance(error, RequestValidationError):
        status = 422
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path")) or None
        message = first["msg"].removeprefix("Value error, ")
        message = f"{field}: {message}" if field else message
    elif isinstance(error, HTTPException):
        status = error.status_code
        message = f"there is no {where} here" if status == 404 else str(error.detail)
    elif isinstance(error, BridgeError | OpenSearchError | EncoderError):
        status, message = _status_of(error), str(error)
        field = "image" if isinstance(error, PictureError) else getattr(error, "field", None)
    else:
        log.error("%s failed", where, exc_info=error)
        status, message = 500, "the bridge failed to answer; its log says why"
    return status, error_body(message, field)


def _answer(request: Request, error: Exception) -> Response:
    status, body = described(error, f"{request.method} {request.url.path}")
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return Response(body, status, headers, "application/json")


def _status_of(error: Exception) -> int:
    if isinstance(error, RequestError | StorageError):
        return error.status
    if isinstance(error, PictureError):
        return 400
    if isinstance(error, BehaviourError | ReleaseError | LeaseHeldError | LeaseLostError):
        return 409
    if isinstance(error, GenerationError | ModelNotFoundError):
        return 404
    if isinstance(error, ClusterUnreachableError):
        return 503
    if isinstance(error, ClusterRefusedError):
        return 502
    return 500
