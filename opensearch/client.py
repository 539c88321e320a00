"""The client: requests to one cluster, and the one place that words its failures.

`Cluster` drives the connection class of opensearch-py (keep-alive pool, TLS, credentials) and leaves its
transport and its generated API aside: a search is a matter of milliseconds, and they would be felt.
"""

import json
import logging
from collections.abc import Mapping
from http.client import responses
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import opensearchpy
import orjson

from opensearch.errors import (
    CapabilityMissingError,
    ClusterRefusedError,
    ClusterUnreachableError,
    OpenSearchError,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from opensearch.settings import ClusterSettings

log = logging.getLogger(__name__)

_PORTS = {"http": 9200, "https": 443}


def path(*parts: str) -> str:
    """Return a request path from its parts, percent-encoded: ids may hold slashes, spaces, anything."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class _Connection(opensearchpy.Urllib3HttpConnection):
    """A failure is raised as an error of ours; opensearch-py would also log it, with a traceback."""

    def log_request_fail(self, method: str, full_url: str, path: str, *details: Any, **more: Any) -> None:
        log.debug("request failed: %s %s", method, path)


class Cluster:
    """One OpenSearch cluster. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        ca_file: Path | str | None = None,
        timeout: float = 30,
        pool: int = 8,
    ) -> None:
        """Prepare for `url` (scheme, host, port, perhaps a path); nothing is sent yet.

        Args:
            url: address; a user and password in it count where `user` is not given.
            ca_file: PEM file of the authority that signed the cluster's certificate.
            timeout: seconds that a request may take.
            pool: connections kept open; more threads than that still work, on connections of their own.

        Raises:
            OpenSearchError: the address is not one.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise OpenSearchError(f"not an address of OpenSearch (http://host:port): {url}")
        user = user or (unquote(parts.username) if parts.username else None)
        password = password or (unquote(parts.password) if parts.password else None)
        port = parts.port or _PORTS[parts.scheme]
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"
        self.user = user
        self.ca_file = ca_file
        secure: dict[str, Any] = {}
        if parts.scheme == "https":
            if ca_file is not None and not Path(ca_file).is_file():
                raise OpenSearchError(f"OPENSEARCH_CA_FILE names no file: {ca_file}")
            secure = {"use_ssl": True, "verify_certs": True, "ca_certs": str(ca_file) if ca_file else None}
        self._connection = _Connection(
            host=parts.hostname,
            port=port,
            url_prefix=parts.path.strip("/"),
            http_auth=(user, password or "") if user else None,
            timeout=timeout,
            pool_maxsize=pool,
            **secure,
        )

    def __repr__(self) -> str:
        return f"Cluster({self.url!r})"

    @property
    def authorization(self) -> str | None:
        """The header with which this client logs in, None where it does not."""
        return self._connection.headers.get("authorization")

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Send one request and return its decoded JSON (text where it is no JSON, `{}` where it is empty).

        Args:
            method: HTTP method.
            path: path with a leading slash, already percent-encoded (see `path`).
            body: a value to serialise, or bytes or text that are sent as they are (bulk, prepared bodies).
            params: URL parameters; booleans become `true` and `false`, lists are joined by commas.
            timeout: seconds, for this request only.

        Raises:
            ClusterRefusedError: OpenSearch answered with an error; `CapabilityMissingError` where a plugin
                or a permission is what it misses.
            ClusterUnreachableError: no answer, or not in time.
        """
        text = self.request_text(method, path, body, params=params, timeout=timeout)
        if not text:
            return {}
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return _tolerant(text)

    def request_text(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> str:
        """Do as `request` does, and return the answer undecoded."""
        if body is not None and not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else orjson.dumps(body, option=_OPTIONS)
        if params:
            params = {name: _parameter(value) for name, value in params.items()}
        try:
            _, _, text = self._connection.perform_request(method, path, params, body, timeout)
        except opensearchpy.ConnectionError as error:
            raise self._unreachable(error, f"{method} {path}", timeout) from error
        except opensearchpy.TransportError as error:
            raise _refused(error, f"{method} {path}") from error
        return text

    def search(self, index: str, body: Any, **params: Any) -> dict[str, Any]:
        """Run `_search` on an index, an alias or a comma-separated list of them."""
        return self.request("POST", f"/{quote(index, safe=',*')}/_search", body, params=params)

    def exists(self, path: str) -> bool:
        """Return whether `path` (an index, an alias, a document) is there."""
        try:
            self.request_text("HEAD", path)
        except ClusterRefusedError as error:
            if error.status == 404:
                return False
            raise
        return True

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._connection.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _unreachable(
        self, error: opensearchpy.ConnectionError, request: str, timeout: float | None
    ) -> ClusterUnreachableError:
        if isinstance(error, opensearchpy.ConnectionTimeout):
            waited = timeout or self._connection.timeout
            return ClusterUnreachableError(f"{self.url} did not answer {request} within {waited:g} s")
        if isinstance(error, opensearchpy.SSLError):
            return ClusterUnreachableError(
                f"{self.url}: its certificate is not trusted ({error.info}); "
                "set OPENSEARCH_CA_FILE to the PEM file of the authority that signed it"
            )
        cause = error.info
        return ClusterUnreachableError(
            f"OpenSearch does not answer at {self.url} ({cause}); start the local node with `kindred up`, "
            "or set OPENSEARCH_URL"
        )


_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def _parameter(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)


def _tolerant(text: str) -> Any:
    """Decode what orjson refuses but OpenSearch can send (lone surrogates, NaN); plain text stays text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refused(error: opensearchpy.TransportError, request: str) -> ClusterRefusedError:
    status = int(error.status_code)
    kind, reason = _cause(error)
    if status == 401:
        reason += "; set OPENSEARCH_USER and OPENSEARCH_PASSWORD"
    # A block on an index is a 403 as well, but no lack of permission; nor is what a connector's far end answers.
    forbidden = status == 403 and kind not in ("cluster_block_exception", "status_exception")
    lacking = forbidden or "no handler found for uri" in reason
    return (CapabilityMissingError if lacking else ClusterRefusedError)(status, reason, request=request)


def _cause(error: opensearchpy.TransportError) -> tuple[str, str]:
    """Return the error's type, and its reason on one line with the causes that it wraps."""
    info = error.info
    detail = info.get("error") if isinstance(info, dict) else None
    if isinstance(detail, str):
        return "", detail
    if isinstance(info, dict) and detail is None:  # a document or a pipeline that is not there: no error is given
        return "", responses.get(int(error.status_code), "no reason given").lower()
    if not isinstance(detail, dict):
        return "", " ".join(str(error.error).split())[:500] or "no reason given"
    kind = str(detail.get("type", ""))
    words = [f"{kind}: {detail.get('reason')}"]
    inner: Any = detail.get("caused_by") or next(iter(detail.get("root_cause") or []), None)
    while isinstance(inner, dict):
        said = f"{inner.get('type')}: {inner.get('reason')}"
        if said not in words:
            words.append(said)
        inner = inner.get("caused_by")
    return kind, "; ".join(" ".join(word.split())[:500] for word in words)


def connect(settings: "ClusterSettings | None" = None) -> Cluster:
    """Return a client for the cluster that the settings name: `OPENSEARCH_URL`, else the local node.

    Raises:
        ClusterUnreachableError: neither is there.
    """
    from opensearch.settings import ClusterSettings

    settings = settings or ClusterSettings()
    return _client(settings, settings.user, settings.password)


def connect_as_storefront(settings: "ClusterSettings | None" = None) -> Cluster | None:
    """Return a client with the storefront's credentials, where `OPENSEARCH_STOREFRONT_USER` gives them.

    Raises:
        ClusterUnreachableError: there is no cluster.
    """
    from opensearch.settings import ClusterSettings

    settings = settings or ClusterSettings()
    if settings.storefront_user is None:
        return None
    return _client(settings, settings.storefront_user, settings.storefront_password)


def _client(settings: "ClusterSettings", user: str | None, password: "SecretStr | None") -> Cluster:
    from opensearch.node.state import address_of

    secret = password.get_secret_value() if password else None
    return Cluster(address_of(settings), user=user, password=secret, ca_file=settings.ca_file, timeout=settings.timeout)
