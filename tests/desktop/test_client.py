"""The client against servers that are no bridge, an older one, or a newer one."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from desktop.bridge import Bridge, Wanted
from desktop.errors import BridgeAwayError, BridgeRefusedError, BridgeStrangeError

HIT = {"id": "a", "rank": 1, "score": 1.0, "product": {"title": "A\nB\u0007"}}


class Server(HTTPServer):
    """Answers every request with one status and one body."""

    status, body = 200, b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: Any = self.server
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(server.status)
        self.send_header("content-length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def answering() -> Iterator[Callable[[int, Any], Bridge]]:
    with Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def answer(status: int, body: Any) -> Bridge:
            server.status = status
            server.body = body if isinstance(body, bytes) else json.dumps(body).encode()
            return Bridge(server.url, timeout=5)

        yield answer
        server.shutdown()


def test_a_newer_bridge_may_say_more(answering: Callable[[int, Any], Bridge]) -> None:
    explain = {"keyword": {"share": 0.2}, "phrase": {"share": 0.1}, "charm": {"share": 0.7}, "words": ["a"]}
    hit = HIT | {"explain": explain, "mood": "good"}
    found = answering(200, {"hits": [hit], "total": 1, "version": 99}).search(Wanted("a"), size=5).hits[0]
    assert found.title == "A B"
    assert [(one.part, round(one.share, 2)) for one in found.shares] == [("keyword", 0.3), ("rule", 0.7)]


def test_words_alone_made_all_of_a_keyword_score(answering: Callable[[int, Any], Bridge]) -> None:
    hit = HIT | {"explain": {"keyword": {"score": 7.5}, "words": ["a"]}}
    found = answering(200, {"hits": [hit], "total": 1}).search(Wanted("a", mode="keyword"), size=5).hits[0]
    assert [(one.part, one.share) for one in found.shares] == [("keyword", 1.0)]


def test_an_older_bridge_may_lack_facets_and_pictures(answering: Callable[[int, Any], Bridge]) -> None:
    old = answering(404, {"error": {"message": "there is no POST /v1/facets here", "field": None}})
    assert old.facets(Wanted("a")) == ()
    assert old.picture("a", side=64) is None


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", {"hits": [{}], "total": 1}, {"hits": None, "total": 1}])
def test_what_is_no_bridge_is_called_so(answering: Callable[[int, Any], Bridge], body: Any) -> None:
    with pytest.raises(BridgeStrangeError, match="is no bridge"):
        answering(200, body).search(Wanted("a"), size=5)


def test_refusals_are_sentences_and_never_json(answering: Callable[[int, Any], Bridge]) -> None:
    for status, body, said in (
        (422, {"error": {"message": "size is 0 to 500", "field": "size"}}, "size is 0 to 500"),
        (502, b"<html>Bad gateway</html>", "The bridge answered with an error (502)."),
        (401, {"error": {"message": "x"}}, "The bridge does not accept the token."),
        (403, {"error": {"message": "x"}}, "role “merchandiser”"),
        (403, {"error": {"message": "token 'a' has role merchandiser; this needs release"}}, "role “release”"),
    ):
        with pytest.raises(BridgeRefusedError) as refused:
            answering(status, body).standing()
        assert said in str(refused.value)
        assert (refused.value.status, "{" in str(refused.value)) == (status, False)
        assert str(status) in refused.value.details


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://shop", "http://[", "", "shop", "http://shop.invalid"])
def test_an_address_where_nobody_is(url: str) -> None:
    with pytest.raises(BridgeAwayError):
        Bridge(url, timeout=5).standing()
