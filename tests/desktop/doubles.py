"""Stand-ins at the seams: jobs that run at once or when told, answers written by hand, a server that refuses."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from desktop.bridge import Answer, Bridge, Hit, Share


class AtOnce:
    """Runs jobs where they are asked for."""

    def run(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Do the job now."""
        try:
            result = job()
        except Exception as error:  # noqa: BLE001
            failed(error)
        else:
            done(result)


class Later:
    """Keeps jobs until a test says that they are done, in any order."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def run(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Keep the job."""
        self.jobs.append(lambda: AtOnce().run(job, done, failed))


def hit(rank: int, name: str, **product: Any) -> Hit:
    """Return a hit."""
    product = {"title": name.title(), "price": 10.0 * rank, "currency": "GBP", "brand": "Acme"} | product
    shares = (Share("keyword", 0.4), Share("text", 0.6))
    return Hit(name, rank, 1 / rank, str(product["title"]), product, shares, (name.lower(),))


def answer(*names: str, total: int | None = None, **more: Any) -> Answer:
    """Return an answer with these products."""
    hits = tuple(hit(rank, name) for rank, name in enumerate(names, 1))
    return Answer(hits, len(hits) if total is None else total, 12.0, "hybrid", "g001", **more)


class _Answering(BaseHTTPRequestHandler):
    status = 404

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps({"error": {"message": f"there is no {self.path} here", "field": None}}).encode()
        self.send_response(type(self).status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        return


@contextmanager
def refusing_bridge(status: int) -> Iterator[Bridge]:
    """Yield a client of a server that answers everything with a status: a bridge that is older, or broken."""
    handler = type("Handler", (_Answering,), {"status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Bridge(f"http://127.0.0.1:{server.server_port}", "wrong", timeout=10)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
