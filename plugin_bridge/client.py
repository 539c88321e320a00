"""The bridge over HTTP, for programs: typed answers, one tree of errors.

ClientError
├── BridgeUnreachableError  nothing answers at the address, or not in time
└── BridgeRefusedError      the bridge answered with an error (has `status` and `field`)
"""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

import httpx

from plugin_bridge.errors import BridgeError
from plugin_bridge.searching.answers import Hit, SearchAnswer

__all__ = [
    "BridgeClient",
    "BridgeRefusedError",
    "BridgeUnreachableError",
    "ClientError",
    "Hit",
    "SearchAnswer",
]

Mode = Literal["hybrid", "keyword", "vector", "native"]


class ClientError(BridgeError):
    """Base of what a client raises."""


class BridgeUnreachableError(ClientError):
    """Nothing answers at the bridge's address, or the answer took too long."""


class BridgeRefusedError(ClientError):
    """The bridge answered with an error; `field` names the part of the request that is wrong, where one is."""

    def __init__(self, status: int, message: str, field: str | None) -> None:
        self.status = status
        self.field = field
        super().__init__(message)


class BridgeClient:
    """Speaks to one bridge. Safe to share between threads."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8765",
        token: str | None = None,
        *,
        timeout: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare for the bridge at `url`; nothing is sent yet.

        Args:
            token: the secret of a bearer token.
            timeout: seconds that an answer may take.
            transport: how requests travel; the default is the network.
        """
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=self.url, headers=headers, timeout=timeout, transport=transport)

    def search(
        self,
        text: str | None = None,
        *,
        image: bytes | Path | None = None,
        like: str | None = None,
        filters: Mapping[str, Any] | None = None,
        size: int = 10,
        offset: int = 0,
        mode: Mode = "hybrid",
        explain: bool = False,
        generation: str | None = None,
        alias: str | None = None,
        rules: bool = True,
        weights: Mapping[str, float] | None = None,
    ) -> SearchAnswer:
        """Search by words, by a picture (its bytes, or a file) or like a product (its id), also with words."""
        body: dict[str, Any] = {"text": text, "filters": dict(filters or {}), "size": size, "from": offset}
        body |= {"like": like, "mode": mode, "explain": explain, "generation": generation, "alias": alias}
        body |= {"rules": rules} | ({"weights": dict(weights)} if weights else {})
        if image is not None:
            content = image.read_bytes() if isinstance(image, Path) else image
            body["image"] = base64.b64encode(content).decode()
        return SearchAnswer.from_json(self._call("POST", "/v1/search", body))

    def similar(
        self,
        product_id: str,
        *,
        filters: Mapping[str, Any] | None = None,
        size: int = 10,
        offset: int = 0,
        explain: bool = False,
        generation: str | None = None,
        alias: str | None = None,
    ) -> SearchAnswer:
        """Return the items most like a product."""
        body: dict[str, Any] = {"filters": dict(filters or {}), "size": size, "from": offset, "explain": explain}
        body |= {"generation": generation, "alias": alias}
        return SearchAnswer.from_json(self._call("POST", f"/v1/similar/{quote(product_id, safe='')}", body))

    def product(self, product_id: str, *, generation: str | None = None) -> dict[str, Any]:
        """Return a product's fields."""
        params = {"generation": generation} if generation else None
        found = self._call("GET", f"/v1/products/{quote(product_id, safe='')}", params=params)
        return dict(found["product"])

    def embed(self, texts: Sequence[str], model: str) -> list[list[float]]:
        """Return one vector for each text, L2-normalised."""
        answer = self._call("POST", "/v1/embeddings", {"model": model, "input": list(texts)})
        return [entry["embedding"] for entry in answer["data"]]

    def status(self) -> dict[str, Any]:
        """Return how things stand, as `kindred status --json` prints it."""
        return self._call("GET", "/v1/status")

    def generations(self) -> list[dict[str, Any]]:
        """Return the generations of the bridge's alias, oldest first."""
        return list(self._call("GET", "/v1/generations")["generations"])

    def suggestions(self, **wanted: Any) -> dict[str, Any]:
        """Return a page of suggestions; `wanted` are the parameters of `GET /v1/suggestions` (`product`, `sure`, ...).

        All methods about suggestions take `alias`, where it is another than the bridge's own.
        """
        return self._call("GET", "/v1/suggestions", params=wanted)

    def make_suggestions(self, ids: Sequence[str] | None = None, **more: Any) -> int:
        """Have suggestions made for products, or for all; return the job, for `job` to look at."""
        body = {"all": True} if ids is None else {"ids": list(ids)}
        return int(self._call("POST", "/v1/suggestions/make", body | more)["job"])

    def job(self, number: int) -> dict[str, Any]:
        """Return how a job that makes suggestions stands."""
        return self._call("GET", f"/v1/suggestions/jobs/{number}")

    def accept(self, ids: Sequence[int], **more: Any) -> dict[str, Any]:
        """Put suggested values into the index; raises BridgeRefusedError where none of them could be."""
        return self._call("POST", "/v1/suggestions/accept", {"ids": list(ids), **more})

    def refuse(self, ids: Sequence[int], **more: Any) -> dict[str, Any]:
        """Say that suggested values are wrong."""
        return self._call("POST", "/v1/suggestions/refuse", {"ids": list(ids), **more})

    def correct(self, number: int, value: str, **more: Any) -> dict[str, Any]:
        """Put another value than the suggested one into the index."""
        return self._call("POST", "/v1/suggestions/correct", {"id": number, "value": value, **more})

    def preview(self, action: str, **wanted: Any) -> dict[str, Any]:
        """Return what a bulk decision over the suggestions that are `wanted` would do, with its token."""
        return self._call("POST", "/v1/suggestions/preview", {"action": action, **wanted})

    def decide_in_bulk(self, action: str, token: str, **wanted: Any) -> dict[str, Any]:
        """Do what a preview showed."""
        return self._call("POST", "/v1/suggestions/bulk", {"action": action, "token": token, **wanted})

    def undo(self, operation: int, **more: Any) -> dict[str, Any]:
        """Take an operation back."""
        return self._call("POST", "/v1/suggestions/undo", {"operation": operation, **more})

    def rules(self, **wanted: Any) -> dict[str, Any]:
        """Return the merchandising rules and the conflicts among them. All methods about rules take `alias`."""
        return self._call("GET", "/v1/rules", params=wanted)

    def add_rule(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Add a rule: `action`, `kind`, `value`, `products` and more, as `POST /v1/rules` takes them."""
        return self._call("POST", "/v1/rules", dict(rule))

    def change_rule(self, number: int, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Change a rule; `version` in it refuses where somebody else was quicker."""
        return self._call("PUT", f"/v1/rules/{number}", dict(rule))

    def remove_rule(self, number: int, **more: Any) -> dict[str, Any]:
        """Remove a rule."""
        return self._call("DELETE", f"/v1/rules/{number}", params=more)

    def preview_rule(self, rule: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """Return the results without and with a rule, and its conflicts; nothing is saved."""
        return self._call("POST", "/v1/rules/preview", {"rule": dict(rule), **more})

    def undo_rule(self, event: int | None = None, **more: Any) -> dict[str, Any]:
        """Take a change of a rule back, by default one's own last one."""
        return self._call("POST", "/v1/rules/undo", {"event": event, **more})

    def audit_rules(self, **wanted: Any) -> dict[str, Any]:
        """Return who changed which rule, newest first."""
        return self._call("GET", "/v1/rules/audit", params=wanted)

    def duplicates(self, **wanted: Any) -> dict[str, Any]:
        """Return the near-duplicates, or how far the search for them is: `state` is `running` or `done`."""
        return self._call("GET", "/v1/duplicates", params=wanted)

    def next_pairs(self, count: int = 5, exclude: Sequence[str] = (), **more: Any) -> dict[str, Any]:
        """Return the pairs to label next, none that this token's owner has answered.

        All methods about labels and judgments take `alias`, where it is another than the bridge's own.
        """
        return self._call("GET", "/v1/labels/next", params={"count": count, "exclude": ",".join(exclude), **more})

    def save_labels(self, labels: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
        """Save labels of pairs (`key`, `left`, `right`, `label`); they are on the disk when this returns."""
        return self._call("POST", "/v1/labels/pairs", {"labels": [dict(one) for one in labels], **more})

    def undo_label(self, key: str, **named: Any) -> dict[str, Any]:
        """Take a label back, named by its number (`id`) or by the key that it was saved with (`of`)."""
        return self._call("POST", "/v1/labels/undo", {"key": key, **named})

    def settle_labels(self, left: str, right: str, label: str, **more: Any) -> dict[str, Any]:
        """Decide what holds of a pair on which people disagree."""
        return self._call("POST", "/v1/labels/settle", {"left": left, "right": right, "label": label, **more})

    def labels(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return what was said, newest first; `wanted` are the parameters of `GET /v1/labels/pairs`."""
        return list(self._call("GET", "/v1/labels/pairs", params=wanted)["labels"])

    def label_conflicts(self, **more: Any) -> list[dict[str, Any]]:
        """Return the pairs on which people disagree."""
        return list(self._call("GET", "/v1/labels/conflicts", params=more)["conflicts"])

    def label_stats(self, **more: Any) -> dict[str, Any]:
        """Return how many labels there are, how far people agree, and whether more would help."""
        return self._call("GET", "/v1/labels/stats", params=more)

    def save_judgments(self, judgments: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
        """Save judgments (`key`, `query`, `product`, `rating` 0 to 3)."""
        return self._call("POST", "/v1/judgments", {"judgments": [dict(one) for one in judgments], **more})

    def judgments(self, query: str | None = None, **more: Any) -> list[dict[str, Any]]:
        """Return everybody's judgments of a query, or of all."""
        wanted = {**more, **({"query": query} if query is not None else {})}
        return list(self._call("GET", "/v1/judgments", params=wanted)["judgments"])

    def undo_judgment(self, key: str, **named: Any) -> dict[str, Any]:
        """Take a judgment back, named as a label is."""
        return self._call("POST", "/v1/judgments/undo", {"key": key, **named})

    def is_ready(self) -> bool:
        """Return whether the bridge can serve its live generation; raises BridgeUnreachableError."""
        return self._send("GET", "/ready").status_code == 200

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def __enter__(self) -> "BridgeClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: str, path: str, body: Any = None, *, params: Any = None) -> dict[str, Any]:
        response = self._send(method, path, body, params=params)
        if response.is_success:
            return dict(response.json())
        try:
            error = response.json()["error"]
            message, field = str(error["message"]), error.get("field")
        except (ValueError, KeyError, TypeError):
            message, field = f"{self.url} answered {response.status_code}: {response.text[:200]}", None
        raise BridgeRefusedError(response.status_code, message, field)

    def _send(self, method: str, path: str, body: Any = None, *, params: Any = None) -> httpx.Response:
        content = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content is not None else None
        try:
            return self._http.request(method, path, content=content, headers=headers, params=params)
        except httpx.TimeoutException as error:
            raise BridgeUnreachableError(f"the bridge at {self.url} did not answer in time") from error
        except httpx.TransportError as error:
            raise BridgeUnreachableError(
                f"no bridge answers at {self.url} ({error}); `kindred up` starts it"
            ) from error
