"""Searches from an event loop: the shortest way there and back, for a service that answers shoppers.

`Cluster` is for everything. This speaks HTTP/1.1 over connections that stay open, without a thread, and only ever
returns an answer that succeeded: whatever else happens is told by None, and the caller asks again through `Cluster`,
which words failures.
"""

import asyncio
import logging
import ssl
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httptools
import orjson

from opensearch.client import Cluster

log = logging.getLogger(__name__)

IDLE_CONNECTIONS = 16
_OK = 200


class Searches:
    """Runs `_search` over a cluster's address. Belongs to one event loop."""

    def __init__(self, cluster: Cluster, *, seconds: float = 10.0) -> None:
        """Prepare; `seconds` is how long an answer may take before it is given up."""
        parts = urlsplit(cluster.url)
        assert parts.hostname is not None and parts.port is not None  # Cluster has seen to both
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path
        self._ssl = ssl.create_default_context(cafile=cluster.ca_file) if parts.scheme == "https" else None
        self._seconds = seconds
        self._idle: list[_Connection] = []
        login = f"Authorization: {cluster.authorization}\r\n" if cluster.authorization else ""
        self._headers = f"Host: {parts.netloc}\r\n{login}Content-Type: application/json\r\n"

    async def search(self, index: str, body: dict[str, Any], **params: str) -> dict[str, Any] | None:
        """Return the decoded answer, or None where it is anything else than a success."""
        try:
            content = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
            query = "&".join(f"{name}={quote(value)}" for name, value in params.items())
            head = (
                f"POST {self._prefix}/{quote(index, safe=',')}/_search?{query} HTTP/1.1\r\n"
                f"{self._headers}Content-Length: {len(content)}\r\n\r\n"
            )
            async with asyncio.timeout(self._seconds):
                status, answer = await self._exchange(head.encode("latin-1") + content)
            return orjson.loads(answer) if status == _OK else None
        except (OSError, TimeoutError, httptools.HttpParserError, orjson.JSONDecodeError, TypeError) as error:
            log.debug("a search is asked again the long way: %s", error)
            return None

    def close(self) -> None:
        """Close the connections that are kept open."""
        while self._idle:
            self._idle.pop().close()

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        connection = self._take()
        if connection is None:
            connection = _Connection()
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: connection, self._host, self._port, ssl=self._ssl)
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable and len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    def _take(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable:
                return connection
            connection.close()
        return None


class _Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._parser: Any = None
        self._parts: list[bytes] = []

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and body of its answer."""
        assert self._transport is not None
        self._parser = httptools.HttpResponseParser(self)
        self._parts = []
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(error or ConnectionResetError("OpenSearch closed the connection"))

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            self._fail(ConnectionError("an answer that nobody asked for"))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(error)

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self.reusable = self.reusable and self._parser.should_keep_alive()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), b"".join(self._parts)))

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
