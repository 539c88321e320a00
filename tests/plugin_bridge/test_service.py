"""The bridge's endpoints, asked over the network."""

import base64
import io
import json
import time

import httpx
import numpy as np
import pytest
from PIL import Image

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.rewrite import bodies
from tests.fixtures.bridge import COLOURS, PRODUCTS, TEXT_MODEL, Bridge

ALIAS = "bridge-shop"


def picture(colour: tuple[int, int, int], form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(stream, form)
    return stream.getvalue()


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [hit["id"] for hit in response.json()["hits"]]


def refusal(response: httpx.Response, status: int) -> dict[str, str]:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["message"]
    return error


def test_an_answer_has_the_keys_of_the_contract(bridge: Bridge) -> None:
    with bridge.http() as http:
        answer = http.post("/v1/search", json={"text": "kettle", "size": 3, "from": 1}).json()
    assert answer["query"] == "kettle"
    assert answer["mode"] == "hybrid"
    assert answer["total"] == len(PRODUCTS)
    assert answer["degraded"] is False
    assert answer["took_ms"] > 0
    assert [hit["rank"] for hit in answer["hits"]] == [2, 3, 4]
    for hit in answer["hits"]:
        assert set(hit) == {"id", "score", "rank", "product", "explain"}
        assert not [name for name in hit["product"] if name.startswith("kindred_")]
        assert hit["product"]["title"]


def test_words_that_no_product_has_find_what_is_meant(bridge: Bridge) -> None:
    with bridge.http() as http:
        assert ids(http.post("/v1/search", json={"text": "settee", "mode": "keyword"})) == []
        assert ids(http.post("/v1/search", json={"text": "settee"}))[0] == "sofa"
        assert ids(http.post("/v1/search", json={"text": "settee", "mode": "vector"}))[0] == "sofa"


def test_the_storefront_ranks_as_the_bridge_does(bridge: Bridge, cluster: Cluster) -> None:
    """The generation's own clause, sent by a storefront to the alias, comes back in the bridge's order and scores."""
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    for text in ("settee", "lamp for reading", "kitchen", "18V drill"):
        plain = bodies.keyword_body(text, generation, size=10)
        storefront = cluster.search(ALIAS, plain)["hits"]["hits"]
        with bridge.http() as http:
            own = http.post("/v1/search", json={"text": text}).json()["hits"]
        assert [(hit["_id"], hit["_score"]) for hit in storefront] == [(hit["id"], hit["score"]) for hit in own]


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_the_short_way_and_the_long_way_answer_alike(bridge: Bridge, mode: str) -> None:
    """An explanation takes the long way, through a thread; without it the same search stays on the event loop."""
    wanted = {"text": "a lamp to read by", "mode": mode, "filters": {"price": {"lt": 200}}, "size": 4, "from": 1}
    with bridge.http() as http:
        long = http.post("/v1/search", json={**wanted, "explain": True}).json()
        short = http.post("/v1/search", json=wanted).json()
    for hit in long["hits"]:
        assert hit.pop("explain")
    for hit in short["hits"]:
        assert hit.pop("explain") == {}
    assert short.pop("took_ms") > 0 and long.pop("took_ms") > 0
    assert short == long


def test_native_mode_is_opensearchs_own_hybrid(bridge: Bridge) -> None:
    with bridge.http() as http:
        response = http.post("/v1/search", json={"text": "kettle", "mode": "native", "explain": True})
    assert ids(response)[0] == "kettle"
    first = response.json()["hits"][0]
    assert first["score"] == pytest.approx(1.0)  # best by words and best by vector: 0.5 * 1 + 0.5 * 1
    assert first["explain"]["keyword"]["score"] > 0


def test_a_picture_finds_the_photo_of_its_colour(bridge: Bridge) -> None:
    red = base64.b64encode(picture(COLOURS["kettle"])).decode()
    with bridge.http() as http:
        by_json = http.post("/v1/search", json={"image": red})
        by_data_address = http.post("/v1/search", json={"image": f"data:image/png;base64,{red}"})
        by_form = http.post("/v1/search", files={"image": ("red.jpg", picture(COLOURS["kettle"], "JPEG"))})
    assert ids(by_json)[0] == ids(by_data_address)[0] == ids(by_form)[0] == "kettle"


def test_a_picture_with_words_weighs_both(bridge: Bridge) -> None:
    blue = picture(COLOURS["drill"])
    with bridge.http() as http:
        response = http.post(
            "/v1/search", data={"text": "boots", "explain": "true", "size": "10"}, files={"image": ("a.png", blue)}
        )
    found = {hit["id"]: hit["explain"] for hit in response.json()["hits"]}
    assert {"boots", "drill"} <= set(ids(response)[:3])
    assert found["boots"]["words"] == ["boots"]
    assert found["drill"]["photo"]["cosine"] == pytest.approx(1.0, abs=1e-3)
    assert found["tent"]["photo"]["cosine"] is None  # it has no photo


def test_explain_adds_up_to_the_score(bridge: Bridge) -> None:
    with bridge.http() as http:
        hits = http.post("/v1/search", json={"text": "reading lamp", "explain": True}).json()["hits"]
    for hit in hits:
        parts = [hit["explain"][name] for name in ("keyword", "all_words", "phrase", "text")]
        # What is left is the tie-break, below 1e-4, and the traces of the first stage.
        assert sum(part["part"] for part in parts) == pytest.approx(hit["score"], abs=2e-4)
        assert sum(part["share"] for part in parts) == pytest.approx(1.0)
    assert hits[0]["id"] == "lamp"
    assert sorted(hits[0]["explain"]["words"]) == ["lamp", "reading"]


def test_filters_hold_whatever_finds_a_product(bridge: Bridge) -> None:
    wanted = {"brand": ["Lune", "Ferro"], "price": {"gte": 30, "lt": 400}}
    expected = {p["id"] for p in PRODUCTS if p["brand"] in ("Lune", "Ferro") and 30 <= p["price"] < 400}
    with bridge.http() as http:
        for mode in ("hybrid", "vector", "native"):
            response = http.post(
                "/v1/search", json={"text": "something for the kitchen", "filters": wanted, "mode": mode}
            )
            assert set(ids(response)) <= expected
        assert set(ids(http.post("/v1/search", json={"text": "kettle", "filters": wanted}))) == expected
        category = {"category": "bedroom"}
        assert set(ids(http.post("/v1/search", json={"filters": category}))) == {"mattress", "lamp"}


def test_similar_items_leave_the_product_itself_out(bridge: Bridge) -> None:
    with bridge.http() as http:
        found = ids(http.get("/v1/similar/sofa", params={"size": 20}))
        assert found[0] == "couch"
        assert "sofa" not in found
        filtered = http.post("/v1/similar/sofa", json={"filters": {"brand": "Alpin"}, "explain": True})
        assert set(ids(filtered)) == {"tent", "boots"}
        assert filtered.json()["hits"][0]["explain"]["text"]["cosine"] < 1


def test_ids_may_hold_anything(bridge: Bridge) -> None:
    with bridge.http() as http:
        assert http.get("/v1/products/a%2Fb%20c").json()["product"]["title"] == "Garden hose 20 m"
        assert ids(http.get("/v1/similar/a%2Fb%20c"))
        assert refusal(http.get("/v1/products/no/such"), 404)["field"] == "id"
        assert refusal(http.get("/v1/similar/nothing"), 404)["field"] == "id"


def test_embeddings_have_the_shape_of_openai(bridge: Bridge, bridge_store: ModelStore) -> None:
    texts = ["a red kettle", "ein roter Wasserkocher"]
    expected = bridge_store.open_text(TEXT_MODEL).encode(texts, role="query")
    with bridge.http() as http:
        answer = http.post("/v1/embeddings", json={"model": TEXT_MODEL, "input": texts}).json()
        one = http.post(
            "/v1/embeddings", json={"model": TEXT_MODEL, "input": texts[0], "encoding_format": "base64"}
        ).json()
        assert refusal(http.post("/v1/embeddings", json={"model": "gpt", "input": "x"}), 404)["field"] == "model"
        assert refusal(http.post("/v1/embeddings", json={"model": TEXT_MODEL, "input": []}), 422)["field"] == "input"
        many = {"model": TEXT_MODEL, "input": ["x"] * 513}
        assert refusal(http.post("/v1/embeddings", json=many), 422)["field"] == "input"
    assert answer["object"] == "list"
    assert [entry["index"] for entry in answer["data"]] == [0, 1]
    # Both vectors have length 1, so their product is the cosine. int8 activations depend a little on the batch.
    assert np.sum(np.array([entry["embedding"] for entry in answer["data"]]) * expected, axis=1).min() > 0.98
    decoded = np.frombuffer(base64.b64decode(one["data"][0]["embedding"]), "<f4")
    assert decoded @ expected[0] > 0.98


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": "x" * 2001}, 400, "text"),
        ({"text": "x", "size": 501}, 400, "size"),
        ({"text": "x", "size": -1}, 400, "size"),
        ({"text": "x", "size": 10, "from": 9_991}, 400, "from"),
        ({"text": "x", "mode": "magic"}, 422, "mode"),
        ({"txt": "x"}, 422, "txt"),
        ({"text": 5}, 422, "text"),
        ({"text": "x", "filters": {"nope": 1}}, 400, "filters.nope"),
        ({"text": "x", "filters": {"price": "cheap"}}, 400, "filters.price"),
        ({"text": "x", "filters": {"brand": {"gt": 1}}}, 400, "filters.brand"),
        ({"text": "x", "filters": {"kindred_row": 1}}, 400, "filters.kindred_row"),
        ({"image": "%%%"}, 422, "image"),
        ({"image": base64.b64encode(b"no picture").decode()}, 400, "image"),
        ({"image": base64.b64encode(picture((1, 2, 3))[:60]).decode()}, 400, "image"),
        ({"mode": "vector"}, 400, "text"),
        ({"mode": "native"}, 400, "text"),
        ({"text": "x", "generation": "g999"}, 404, None),
        ({"text": "x", "alias": "no-such-alias"}, 404, None),
    ],
)
def test_a_wrong_request_is_refused_by_name(bridge: Bridge, body: dict, status: int, field: str | None) -> None:
    with bridge.http() as http:
        assert refusal(http.post("/v1/search", json=body), status)["field"] == field


def test_what_is_no_json_is_refused(bridge: Bridge) -> None:
    with bridge.http() as http:
        refusal(http.post("/v1/search", content=b'{"text": '), 422)
        refusal(http.post("/v1/search", content=b"[]"), 422)
        refusal(http.post("/v1/search", data={"filters": "{"}, files={"image": ("a.png", picture((1, 2, 3)))}), 422)
        refusal(http.get("/v1/nothing"), 404)
        refusal(http.get("/v1/search"), 405)


def test_bodies_are_capped_before_they_are_read(bridge: Bridge) -> None:
    limits = bridge.settings
    with bridge.http() as http:
        too_long = b"x" * (limits.max_body_bytes + 1)
        refusal(http.post("/v1/embeddings", content=too_long), 413)
        refusal(http.post(f"/v1/generations/{ALIAS}-g001/rewrite", content=too_long), 413)

        def pieces():  # no announced length: it is counted while it comes
            for _ in range(limits.max_body_bytes // 65_536 + 2):
                yield b"x" * 65_536

        refusal(http.post("/v1/embeddings", content=pieces()), 413)
        huge = base64.b64encode(bytes(limits.max_picture_bytes + 3)).decode()
        assert refusal(http.post("/v1/search", json={"image": huge}), 413)["field"] == "image"
        assert http.get("/health").status_code == 200


@pytest.mark.parametrize("text", ["", "   ", "!!!", '") OR 1=1 --', "<script>alert(1)</script>", "${parameters.x}"])
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "native"])
def test_no_text_is_an_operator_or_a_failure(bridge: Bridge, text: str, mode: str) -> None:
    with bridge.http() as http:
        response = http.post("/v1/search", json={"text": text, "mode": mode})
    if mode == "native" and not text.strip():
        refusal(response, 400)
    else:
        assert response.status_code == 200, response.text
        # ml-commons takes this for a parameter of its own, so native mode has no vector for it.
        assert response.json()["degraded"] is (mode == "native" and "${parameters" in text)


def test_lucene_operators_are_plain_words(bridge: Bridge) -> None:
    with bridge.http() as http:
        plain = ids(http.post("/v1/search", json={"text": "kettle drill", "mode": "keyword"}))
        operators = ids(http.post("/v1/search", json={"text": "+kettle -drill", "mode": "keyword"}))
        field = ids(http.post("/v1/search", json={"text": "brand: Ferro AND price:[* TO 40]", "mode": "keyword"}))
    assert operators == plain  # as an operator, -drill would have left the drill out
    assert set(operators) == {"kettle", "drill"}
    assert set(field) == {"kettle", "pan"}  # by the word Ferro; as an operator it would leave the pan out


def test_roles_and_tokens(bridge: Bridge) -> None:
    rewrite = f"/v1/generations/{ALIAS}-g001/rewrite"
    with bridge.http(None) as http:
        assert http.get("/health").status_code == 200
        assert http.get("/ready").status_code == 200
        for method, path in [("GET", "/metrics"), ("POST", "/v1/search"), ("GET", "/v1/status"), ("POST", rewrite)]:
            assert "bearer token" in refusal(http.request(method, path), 401)["message"]
            wrong = {"authorization": "Bearer wrong"}
            refusal(http.request(method, path, headers=wrong), 401)
            refusal(http.request(method, path, headers={"authorization": "Basic eDp5"}), 401)
    with bridge.http("storefront") as http:
        assert http.get("/metrics").status_code == 200
        message = refusal(http.get("/v1/status"), 403)["message"]
        assert "storefront" in message and "merchandiser" in message
    for role in ("merchandiser", "release", "admin"):
        with bridge.http(role) as http:
            assert http.get("/v1/status").status_code == 200
            assert http.post("/v1/search", json={"text": "tent"}).status_code == 200


def test_status_has_the_keys_of_the_contract(bridge: Bridge, cluster: Cluster) -> None:
    with bridge.http("merchandiser") as http:
        status = http.get("/v1/status").json()
        rows = http.get("/v1/generations").json()["generations"]
    assert status["node"]["url"] == cluster.url
    assert status["node"]["version"].count(".") == 2
    assert status["bridge"]["url"] == bridge.url
    assert status["alias"] == ALIAS
    assert status["generation"] == "g001"
    assert status["documents"] == len(PRODUCTS)
    assert TEXT_MODEL in [card["name"] for card in status["models"]]
    assert status["generations"] == rows
    assert rows[0]["live"] and rows[0]["drop_in"]


def test_metrics_count_what_happens(bridge: Bridge) -> None:
    with bridge.http() as http:
        http.post("/v1/search", json={"text": "tent"})
        before = _metrics(http)
        http.post("/v1/search", json={"text": "tent"})
        after = _metrics(http)
    searches = 'kindred_http_requests_total{endpoint="/v1/search",status="200"}'
    assert after[searches] - before[searches] == 1
    assert after["kindred_query_cache_hits_total"] - before["kindred_query_cache_hits_total"] == 1
    assert [name for name in after if name.startswith("kindred_encoder_loaded{fingerprint=")]
    assert after["kindred_cluster_up"] == 1


def _metrics(http: httpx.Client) -> dict[str, float]:
    lines = [line for line in http.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_an_answer_is_no_two_packets(bridge: Bridge, cluster: Cluster) -> None:
    """An answer in two small packets waits 40 ms for an acknowledgement (Nagle's algorithm with delayed ACK)."""
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    body = {"body": {"query": {"match": {"title": "tent"}}}, "fingerprint": generation.text.fingerprint}
    times = []
    with bridge.http() as http:
        for _ in range(20):
            started = time.perf_counter()
            assert http.post(f"/v1/generations/{generation.index}/rewrite", json=body).status_code == 200
            times.append((time.perf_counter() - started) * 1000)
    assert sorted(times)[len(times) // 2] < 35


def test_rewrites_are_answered_as_opensearch_reads_them(bridge: Bridge, cluster: Cluster) -> None:
    generation = generations.live(cluster, ALIAS)
    assert generation is not None
    path = f"/v1/generations/{generation.index}/rewrite"
    plain = {"query": {"match": {"title": "tent"}}, "size": 3}
    with bridge.http() as http:
        wrong = http.post(path, json={"body": plain, "fingerprint": "0" * 32})
        assert refusal(wrong, 409)["field"] == "fingerprint"
        right = {"body": plain, "fingerprint": generation.text.fingerprint}
        dsl = json.loads(http.post(path, json=right).json()["dsl"])
        assert dsl["query"] != plain["query"] and dsl["size"] == 3
        assert refusal(http.post("/v1/generations/nothing-g001/rewrite", json=right), 404)
        assert refusal(http.post(path, content=b"{"), 400)
        assert refusal(http.post(path, json={"body": [], "fingerprint": "x"}), 400)["field"] == "body"
        # Half of a surrogate pair: valid JSON for OpenSearch, no text for UTF-8.
        half = json.dumps({**right, "body": {"query": {"match": {"title": "tent \ud83d"}}}})
        assert http.post(path, content=half.encode()).status_code == 200
