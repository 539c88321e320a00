"""Searches from an event loop: the answers of `Cluster`, or None."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from opensearch.client import Cluster
from opensearch.searches import Searches

INDEX = "searches-test"
BODY = {"query": {"match": {"title": "tent"}}, "track_total_hits": True}


@pytest.fixture(scope="module", autouse=True)
def index(cluster: Cluster) -> Iterator[None]:
    cluster.request("DELETE", f"/{INDEX}", params={"ignore_unavailable": True})
    lines = "".join(f'{{"index":{{"_id":"{n}"}}}}\n{{"title":"tent ⛺ {n}"}}\n' for n in range(300))
    cluster.request("POST", f"/{INDEX}/_bulk", lines, params={"refresh": True})
    yield
    cluster.request("DELETE", f"/{INDEX}")


def run(url: str, *asked: tuple[str, dict[str, Any]], together: bool = False, **options: Any) -> list[Any]:
    async def ask() -> list[Any]:
        with Cluster(url, **options) as client:
            searches = Searches(client, seconds=1.0)
            calls = [searches.search(name, body, search_pipeline="_none") for name, body in asked]
            found = await asyncio.gather(*calls) if together else [await call for call in calls]
            searches.close()
            return found

    return asyncio.run(ask())


def test_an_answer_is_that_of_the_client(cluster: Cluster) -> None:
    expected = cluster.search(INDEX, {**BODY, "size": 300})
    found = run(cluster.url, (INDEX, {**BODY, "size": 300}), (INDEX, {**BODY, "size": 300}))
    for answer in found:
        assert answer["hits"] == expected["hits"]
        assert len(answer["hits"]["hits"]) == 300


def test_many_at_once_do_not_mix(cluster: Cluster) -> None:
    asked = [(INDEX, {"query": {"ids": {"values": [str(n)]}}}) for n in range(100)]
    found = run(cluster.url, *asked, together=True)
    assert [answer["hits"]["hits"][0]["_id"] for answer in found] == [str(n) for n in range(100)]


def test_what_opensearch_refuses_is_none(cluster: Cluster) -> None:
    found = run(cluster.url, ("no-such-index", BODY), (INDEX, {"query": {"nonsense": {}}}), (INDEX, BODY))
    assert found[:2] == [None, None]
    assert found[2]["hits"]["total"]["value"] == 300  # and the connection goes on


def test_nobody_there_is_none() -> None:
    assert run("http://127.0.0.1:9", (INDEX, BODY)) == [None]


class _Odd(BaseHTTPRequestHandler):
    """A server that answers in the ways that must not be taken for an answer of OpenSearch."""

    protocol_version = "HTTP/1.1"
    seen: list[str | None] = []  # noqa: RUF012 - what every connection saw

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.headers["Authorization"])
        name = self.path.split("/")[1]
        if name == "silent":
            threading.Event().wait(3)
            return
        if name == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
            self.close_connection = True
            return
        if name == "garbage":
            self.wfile.write(b"SMTP ready\r\n")
            self.close_connection = True
            return
        content = b'{"ok": true}' if name == "closes" else b"<html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True  # without saying so: the next request meets a dead connection

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("name", ["half", "garbage", "html", "silent"])
def test_what_is_no_answer_is_none(odd: str, name: str) -> None:
    assert run(odd, (name, BODY)) == [None]


def test_a_connection_that_was_closed_is_not_used_again(odd: str) -> None:
    async def ask() -> list[Any]:
        with Cluster(odd) as client:
            searches = Searches(client)
            found = []
            for _ in range(3):
                found.append(await searches.search("closes", BODY))
                await asyncio.sleep(0.1)  # the news that it was closed comes in
            searches.close()
            return found

    assert asyncio.run(ask()) == [{"ok": True}] * 3


def test_a_login_goes_with_each_search(odd: str) -> None:
    _Odd.seen.clear()
    run(odd, ("closes", BODY), user="shop", password="secret")
    assert _Odd.seen == ["Basic c2hvcDpzZWNyZXQ="]  # base64 of shop:secret
