"""The bridge over HTTP. Calls wait for their answer: they belong into `desktop.work`, never on the GUI's thread."""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from desktop.bridge.answers import Answer, Facet, GenerationRow, Standing
from desktop.errors import BridgeAwayError, BridgeRefusedError, BridgeStrangeError
from desktop.i18n import tr
from desktop.i18n.bridge import told

T = TypeVar("T")
DEFAULT_URL = "http://127.0.0.1:8765"
AS_USUAL = (1.0, 1.0, 1.0)
_NEEDS = re.compile(r"needs (\w+)$")  # how the bridge ends the sentence that refuses a token


@dataclass(frozen=True)
class Wanted:
    """A search as it is asked: by words, by a picture or like a product; `generation` empty means the live one.

    `weights` say how much more than usual words, meaning and photo count.
    """

    text: str = ""
    picture: bytes | None = None
    like: str = ""
    filters: Mapping[str, Any] = field(default_factory=dict)
    mode: str = "hybrid"
    generation: str = ""
    rules: bool = True
    weights: tuple[float, float, float] = AS_USUAL

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for: the catalogue is shown as it is."""
        return not (self.text or self.picture or self.like)

    def body(self) -> dict[str, Any]:
        """Return the search as the bridge takes it."""
        body: dict[str, Any] = {"filters": dict(self.filters), "mode": self.asked_mode}
        if self.text:
            body["text"] = self.text
        if self.picture is not None:
            body["image"] = base64.b64encode(self.picture).decode()
        if self.like:
            body["like"] = self.like
        if self.generation:
            body["generation"] = self.generation
        # What is as usual is not said: a bridge of an older version need not know it.
        if not self.rules:
            body["rules"] = False
        if self.weights != AS_USUAL:
            body["weights"] = dict(zip(("keyword", "text", "image"), self.weights, strict=True))
        return body

    @property
    def asked_mode(self) -> str:
        """The mode, or the nearest one that can do what is asked: words alone cannot search by a picture."""
        if (self.picture or self.like) and self.mode in ("keyword", "native"):
            return "hybrid"
        return "keyword" if self.is_empty else self.mode


class Bridge:
    """Speaks to one bridge. Safe to share between threads."""

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, timeout: float = 15.0) -> None:
        """Prepare for the bridge at `url`; nothing is sent yet. `timeout` is in seconds."""
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout)
        except (httpx.InvalidURL, ValueError) as error:
            raise BridgeAwayError(tr("“{url}” is no address.", url=url), repr(error)) from error

    def search(self, wanted: Wanted, *, size: int, offset: int = 0, explain: bool = True) -> Answer:
        """Return a page of what is found."""
        body = wanted.body() | {"size": size, "from": offset, "explain": explain}
        return self.read(Answer.read, self.ask("POST", "/v1/search", body))

    def facets(self, wanted: Wanted) -> tuple[Facet, ...]:
        """Return the facets of what is found; none where the bridge is too old to count."""
        try:
            answer = self.ask("POST", "/v1/facets", wanted.body())
        except BridgeRefusedError as error:
            if error.status in (404, 405):
                return ()
            raise
        return self.read(lambda document: tuple(Facet.read(one) for one in document["facets"]), answer)

    def product(self, product_id: str) -> dict[str, Any]:
        """Return a product's fields; BridgeRefusedError 404 where there is none of this id."""
        answer = self.ask("GET", f"/v1/products/{quote(product_id, safe='')}")
        return self.read(lambda document: dict(document["product"]), answer)

    def picture(self, product_id: str, *, side: int, generation: str = "") -> bytes | None:
        """Return a product's photo as JPEG; None where it has none."""
        params = {"side": side} | ({"generation": generation} if generation else {})
        return self._content(f"/v1/pictures/{quote(product_id, safe='')}", params)

    def region(self, product_id: str, value: str) -> bytes | None:
        """Return a product's photo as PNG on which what spoke for a category glows; None where nobody knows."""
        return self._content(f"/v1/regions/{quote(product_id, safe='')}", {"value": value})

    def _content(self, path: str, params: Mapping[str, Any]) -> bytes | None:
        try:
            return self._send("GET", path, params=params).content
        except BridgeRefusedError as error:
            if error.status in (400, 404, 405):
                return None
            raise

    def standing(self) -> Standing:
        """Return how bridge and node stand."""
        return self.read(Standing.read, self.ask("GET", "/v1/status"))

    def generations(self) -> tuple[GenerationRow, ...]:
        """Return the shop's generations, oldest first."""
        answer = self.ask("GET", "/v1/generations")
        return self.read(lambda document: tuple(GenerationRow.read(row) for row in document["generations"]), answer)

    def ask(self, method: str, path: str, body: Any = None, *, params: Any = None, timeout: float | None = None) -> Any:
        """Return what the bridge answers to a call, as JSON: the door for the pages' own calls.

        Raises BridgeAwayError, BridgeRefusedError and BridgeStrangeError. `timeout` is in seconds; None: the usual one.
        """
        response = self._send(method, path, body, params=params, timeout=timeout)
        try:
            return response.json()
        except ValueError as error:
            raise BridgeStrangeError(_strange(self.url), f"{method} {path}: {response.text[:2000]}") from error

    def lines(self, path: str, headers: Mapping[str, str] | None = None, *, quiet: float = 30.0) -> Iterator[str]:
        """Yield the lines of an answer as they come, such as server-sent events; `quiet` seconds without one end it.

        Raises BridgeAwayError and BridgeRefusedError.
        """
        where = f"GET {self.url}{path}"
        try:
            limit = httpx.Timeout(self._http.timeout.connect, read=quiet)
            with self._http.stream("GET", path, headers=headers, timeout=limit) as response:
                if not response.is_success:
                    response.read()
                    raise _refusal(response, where)
                yield from response.iter_lines()
        except httpx.ReadTimeout:
            return
        except (httpx.TransportError, RuntimeError) as error:
            message = tr("No bridge answers at {url}.", url=self.url)
            raise BridgeAwayError(message, f"{where}: {error!r}") from error

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def read(self, reader: Callable[[Any], T], document: Any) -> T:
        """Return a document as a value; BridgeStrangeError where it is not what this version understands."""
        try:
            return reader(document)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            details = f"{error!r} in {json.dumps(document)[:2000]}"
            raise BridgeStrangeError(_strange(self.url), details) from error

    def _send(
        self, method: str, path: str, body: Any = None, *, params: Any = None, timeout: float | None = None
    ) -> httpx.Response:
        where = f"{method} {self.url}{path}"
        limit = httpx.USE_CLIENT_DEFAULT if timeout is None else timeout
        try:
            response = self._http.request(method, path, json=body, params=params, timeout=limit)
        except httpx.TimeoutException as error:
            message = tr("The bridge at {url} did not answer in time.", url=self.url)
            raise BridgeAwayError(message, f"{where}: {error!r}") from error
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol, RuntimeError) as error:
            message = tr("No bridge answers at {url}.", url=self.url)
            raise BridgeAwayError(message, f"{where}: {error!r}") from error
        if response.is_success:
            return response
        raise _refusal(response, where)


def _refusal(response: httpx.Response, where: str) -> BridgeRefusedError:
    status = response.status_code
    details = f"{where} answered {status}: {response.text[:2000]}"
    document: Any = None
    try:
        document = response.json()
        error = document["error"]
        message, name = str(error["message"]), error.get("field")
    except (ValueError, KeyError, TypeError, AttributeError):
        message, name = tr("The bridge answered with an error ({status}).", status=status), None
    if status == 401:
        message = tr("The bridge does not accept the token.")
    elif status == 403:
        found = _NEEDS.search(message)
        role = found[1] if found else "merchandiser"
        message = tr("The token may not do this: it needs the role “{role}”.", role=role)
    else:
        message = told(message)
    return BridgeRefusedError(status, message, name, details, document if isinstance(document, dict) else None)


def _strange(url: str) -> str:
    return tr("What answers at {url} is no bridge that this version understands.", url=url)
