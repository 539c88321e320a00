"""A bridge's label endpoints over real HTTP, in memory: for what a page does while a bridge comes, goes and refuses."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from desktop.bridge.labels import Item, Pair


def pair(number: int, **product: Any) -> Pair:
    """Return a pair; the same for the same number."""
    left = {"title": f"Steel pan {number} cm", "brand": "Ferro", "price": 10.0, "currency": "GBP"} | product
    right = left | {"title": f"Iron pan {number} cm", "price": 12.0}
    ids = (f"a{number}", f"b{number}")
    items = [Item(one, document["title"], document) for one, document in zip(ids, (left, right), strict=True)]
    return Pair(f"pair{number}", items[0], items[1], "The model is unsure.", {"text": 0.8}, ("price",))


class LabelServer:
    """Offers the pairs 0, 1, 2 …; keeps labels by key, as the bridge does."""

    def __init__(self, pairs: int = 1000) -> None:
        self.pairs = [pair(number) for number in range(pairs)]
        self.labels: dict[str, dict[str, Any]] = {}
        self.undone: set[str] = set()
        self.calls: list[tuple[str, Any]] = []
        self.refuse: Callable[[dict[str, Any]], str | None] = lambda label: None
        self.fail: int | None = None
        self.conflicts: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "LabelServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                size = int(self.headers.get("content-length", 0))
                body = json.loads(self.rfile.read(size)) if size else {}
                status, answer = outer.answer(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Be away; `start` comes back at the same address with all that was kept."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    @property
    def kept(self) -> list[tuple[str, str, str]]:
        """The labels in force, in the order of their arrival."""
        return [(one["left"], one["right"], one["label"]) for key, one in self.labels.items() if key not in self.undone]

    def answer(self, target: str, body: Any) -> tuple[int, Any]:
        with self.lock:
            parts = urlsplit(target)
            self.calls.append((parts.path, body))
            if self.fail is not None:
                return self.fail, {"error": {"message": "not now", "field": None}}
            if parts.path == "/v1/labels/next":
                return 200, self._next(parse_qs(parts.query))
            if parts.path == "/v1/labels/pairs":
                return self._save(body["labels"])
            if parts.path == "/v1/labels/undo":
                if body["of"] not in self.labels:
                    return 404, {"error": {"message": "no such label", "field": "of"}}
                self.undone.add(body["of"])
                return 200, {"undone": 1}
            if parts.path == "/v1/labels/settle":
                self.conflicts.clear()
                return 200, {}
            if parts.path == "/v1/labels/conflicts":
                return 200, {"conflicts": self.conflicts}
            if parts.path == "/v1/labels/stats":
                return 200, {"pairs": len(self.kept), "similar": len(self.kept), "agreement": {"kappa": None}}
            return 404, {"error": {"message": f"there is no GET {parts.path} here", "field": None}}

    def _next(self, query: dict[str, list[str]]) -> Any:
        left_out = set(",".join(query.get("exclude", [])).split(","))
        left_out |= {f"pair{one[0][1:]}" for one in self.kept}
        found = [one.to_json() for one in self.pairs if one.key not in left_out]
        return {"pairs": found[: min(50, int(query["count"][0]))], "left": len(found)}

    def _save(self, labels: list[dict[str, Any]]) -> tuple[int, Any]:
        saved, refused = [], []
        for one in labels:
            reason = self.refuse(one)
            if reason:
                refused.append({"key": one["key"], "message": reason, "field": "left"})
                continue
            state = "already" if one["key"] in self.labels else "saved"
            self.labels.setdefault(one["key"], one)
            saved.append({"key": one["key"], "id": len(self.labels), "state": state})
        document = {"saved": saved, "refused": refused, "conflicts": self.conflicts}
        if saved:
            return 200, document
        return 422, {"error": {"message": refused[0]["message"], "field": "left"}, **document}
