"""Raw ASGI: reading a body under a cap, answering JSON in one go, and who is asking."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from plugin_bridge.errors import RequestError
from plugin_bridge.tokens import Token, TokenStore

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Disconnected(Exception):  # noqa: N818 - the other side's doing, not a failure of ours
    """The client went away before its request was complete."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return a request header's value; `name` is lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return value
    return None


def error_body(message: str, field: str | None = None) -> bytes:
    """Return the body of every refusal."""
    return orjson.dumps({"error": {"message": message, "field": field}})


def check_length(scope: Scope, most: int) -> None:
    """Raise RequestError 413 where the announced length is over the cap, before a byte of it is read."""
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced) > most:
        raise too_large(most)


def too_large(most: int) -> RequestError:
    """Return the refusal of a body that is over the cap."""
    return RequestError(f"the request is larger than the {most} bytes allowed", status=413)


async def read_body(receive: Receive, most: int) -> bytes:
    """Return the whole body; raises RequestError 413 as soon as it is over the cap."""
    message = await receive()
    first = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body") and len(first) <= most:
        return first
    parts, length = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        length += len(part)
        if length > most:
            raise too_large(most)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


async def answer(
    send: Send, status: int, body: bytes, *, content_type: bytes = b"application/json", more: Any = ()
) -> None:
    """Send a whole response."""
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def authorise(scope: Scope, tokens: TokenStore, role: str) -> Token:
    """Return the token that came with a request; raises RequestError 401 or 403."""
    given = header(scope, b"authorization")
    if given is None or given[:7].lower() != b"bearer ":
        raise RequestError("a bearer token is needed: send `Authorization: Bearer TOKEN`", status=401)
    token = tokens.authenticate(given[7:].strip().decode("latin-1"))
    if token is None:
        raise RequestError("the bearer token is not known to this bridge", status=401)
    if not token.allows(role):
        raise RequestError(f"token {token.name!r} has role {token.role}; this needs {role}", status=403)
    return token
