"""The client over HTTP: typed answers and one tree of errors."""

import json

import httpx
import pytest

from plugin_bridge.client import BridgeClient, BridgeRefusedError, BridgeUnreachableError
from plugin_bridge.searching.answers import Hit, SearchAnswer
from tests.fixtures.bridge import COLOURS, PRODUCTS, TEXT_MODEL, Bridge, free_port
from tests.plugin_bridge.test_service import picture


@pytest.fixture
def client(bridge: Bridge):
    with BridgeClient(bridge.url, bridge.secret("merchandiser")) as speaking:
        yield speaking


def test_answers_are_typed(client: BridgeClient) -> None:
    answer = client.search("settee", size=2, explain=True)
    assert isinstance(answer, SearchAnswer)
    assert answer.hits[0] == Hit("sofa", answer.hits[0].score, 1, answer.hits[0].product, answer.hits[0].explain)
    assert answer.hits[0].explain["text"]["cosine"] > 0
    assert SearchAnswer.from_json(json.loads(json.dumps(answer.to_json()))) == answer


def test_everything_that_the_bridge_offers(client: BridgeClient, tmp_path) -> None:
    red = tmp_path / "red.png"
    red.write_bytes(picture(COLOURS["kettle"]))
    assert client.search(image=red).hits[0].id == "kettle"
    assert client.search(image=red.read_bytes(), filters={"brand": "Ferro"}).hits[0].product["brand"] == "Ferro"
    assert client.similar("a/b c", size=1).hits
    assert client.product("a/b c")["title"] == "Garden hose 20 m"
    assert [len(vector) for vector in client.embed(["a", "b"], TEXT_MODEL)] == [384, 384]
    assert client.status()["documents"] == len(PRODUCTS)
    assert client.generations()[0]["live"]
    assert client.is_ready()


def test_a_refusal_has_status_and_field(client: BridgeClient, bridge: Bridge) -> None:
    with pytest.raises(BridgeRefusedError, match="size is 0 to 500") as refused:
        client.search("x", size=1000)
    assert (refused.value.status, refused.value.field) == (400, "size")
    with BridgeClient(bridge.url, "wrong") as stranger, pytest.raises(BridgeRefusedError) as refused:
        stranger.search("x")
    assert refused.value.status == 401


def test_a_bridge_that_is_not_there() -> None:
    with (
        BridgeClient(f"http://127.0.0.1:{free_port()}") as nobody,
        pytest.raises(BridgeUnreachableError, match="kindred up"),
    ):
        nobody.search("x")


def test_an_answer_that_is_not_the_bridges() -> None:
    proxy = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>Bad gateway</html>"))
    with BridgeClient(transport=proxy) as behind, pytest.raises(BridgeRefusedError, match="Bad gateway") as refused:
        behind.status()
    assert refused.value.status == 502


def test_a_slow_answer_is_given_up() -> None:
    def sleep(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with (
        BridgeClient(transport=httpx.MockTransport(sleep)) as waiting,
        pytest.raises(BridgeUnreachableError, match="in time"),
    ):
        waiting.status()
