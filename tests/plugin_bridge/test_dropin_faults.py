"""The storefront's requests while the bridge is dead, frozen, slow, or made for another generation."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from encoders.store import ModelStore
from opensearch import dropin, generations, remote_models
from opensearch.client import Cluster
from opensearch.errors import OpenSearchError
from opensearch.generations import Generation
from plugin_bridge import status
from plugin_bridge.plugging import plug_in
from plugin_bridge.settings import Settings
from tests.fixtures.bridge import Bridge, free_port, load_products, make_home
from tests.fixtures.tiny_models import TINY_TEXT

Maker = Callable[..., tuple[Bridge, Generation]]
TEXTS = ("settee", "tent", "kettle", "lamp for reading", "tool with a battery", "something to sleep on")


def search(cluster: Cluster, index: str, text: str, **more: Any) -> list[str]:
    body = {"query": {"multi_match": {"query": text, "fields": ["title^2", "brand"]}}, **more}
    return [hit["_id"] for hit in cluster.search(index, body)["hits"]["hits"]]


def counts(cluster: Cluster, bridge: Bridge, index: str) -> dict[str, int]:
    return status.fallbacks(cluster, bridge.settings)["by_generation"][index]


def reasons(bridge: Bridge, index: str) -> dict[str, float]:
    with bridge.http() as http:
        lines = http.get("/metrics").text.splitlines()
    start = f'kindred_rewrites_total{{generation="{index}",reason="'
    return {line[len(start) :].split('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(start)}


class Load:
    """Storefront requests from two threads until the block ends; what failed is kept."""

    def __init__(self, cluster: Cluster, index: str) -> None:
        self._cluster, self._index = cluster, index
        self._over = threading.Event()
        self.answers = 0
        self.failures: list[OpenSearchError] = []
        self._threads = [threading.Thread(target=self._run, args=(offset,)) for offset in range(2)]

    def _run(self, offset: int) -> None:
        place = offset
        while not self._over.is_set():
            try:
                search(self._cluster, self._index, TEXTS[place % len(TEXTS)], size=20)
                self.answers += 1
            except OpenSearchError as error:
                self.failures.append(error)
            place += 1

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_a_killed_bridge_costs_no_request_and_is_counted(cluster: Cluster, new_bridge: Maker) -> None:
    bridge, generation = new_bridge("bridge-killed")
    assert search(cluster, "bridge-killed", "settee")[0] == "sofa"
    with Load(cluster, "bridge-killed") as load:
        time.sleep(0.5)
        bridge.kill()
        time.sleep(0.5)
    assert load.answers > 10
    assert load.failures == []
    # No words match and no vector is there: exactly the keyword answer.
    assert search(cluster, "bridge-killed", "settee") == []
    assert search(cluster, "bridge-killed", "tent") == ["tent"]
    dead = counts(cluster, bridge, generation.index)
    assert dead["fallbacks"] >= 2
    bridge.start()
    assert search(cluster, "bridge-killed", "settee")[0] == "sofa"
    back = counts(cluster, bridge, generation.index)
    assert back["fallbacks"] == dead["fallbacks"]  # the counts outlive the process
    assert back["served"] == dead["served"] + 1
    with bridge.http() as http:
        assert (
            f'kindred_fallbacks{{generation="{generation.index}"}} {float(dead["fallbacks"])}'
            in http.get("/metrics").text
        )


def test_a_frozen_bridge_costs_a_second_and_no_request(cluster: Cluster, new_bridge: Maker) -> None:
    bridge, generation = new_bridge("bridge-frozen")
    search(cluster, "bridge-frozen", "settee")
    before = counts(cluster, bridge, generation.index)
    bridge.signal(signal.SIGSTOP)
    try:
        with Load(cluster, "bridge-frozen") as load:
            time.sleep(2.5)
        started = time.perf_counter()
        assert search(cluster, "bridge-frozen", "tent") == ["tent"]
        seconds = time.perf_counter() - started
    finally:
        bridge.signal(signal.SIGCONT)
    assert load.failures == []
    assert 0.9 < seconds < 8  # the connector's timeout, in whole seconds
    after = counts(cluster, bridge, generation.index)
    assert after["fallbacks"] - before["fallbacks"] == load.answers + 1
    assert search(cluster, "bridge-frozen", "settee")[0] == "sofa"
    # What it finds in its sockets when it goes on was given up long ago and counts as no rewrite served.
    time.sleep(0.5)
    assert counts(cluster, bridge, generation.index)["fallbacks"] == load.answers + 1


def test_another_fingerprint_is_refused_and_counted(cluster: Cluster, new_bridge: Maker) -> None:
    bridge, generation = new_bridge("bridge-fingerprint")
    other = Generation(**{**vars(generation), "text": type(generation.text)(generation.text.model, "0" * 32, 384)})
    plug_in(cluster, other, bridge.settings)  # the connector now says that the vectors are another encoder's
    assert search(cluster, "bridge-fingerprint", "settee") == []
    assert search(cluster, "bridge-fingerprint", "tent") == ["tent"]
    assert reasons(bridge, generation.index)["refused_409"] == 2
    assert counts(cluster, bridge, generation.index)["fallbacks"] == 2
    plug_in(cluster, generation, bridge.settings)
    assert search(cluster, "bridge-fingerprint", "settee")[0] == "sofa"


def test_a_model_that_is_not_the_generations_is_not_used(
    cluster: Cluster, new_bridge: Maker, bridge_store: ModelStore
) -> None:
    bridge, _ = new_bridge("bridge-mismatch")
    wrong = load_products(cluster, bridge_store, "bridge-mismatch", fingerprint="f" * 32)
    plug_in(cluster, wrong, bridge.settings)
    assert search(cluster, "bridge-mismatch", "settee") == []
    with bridge.http() as http:
        answer = http.post("/v1/search", json={"text": "tent"}).json()
        ready = http.get("/ready")
    assert answer["degraded"] is True and "fingerprint" in answer["reason"]
    assert [hit["id"] for hit in answer["hits"]] == ["tent"]
    assert ready.status_code == 503 and "fingerprint" in ready.json()["problem"]


def test_a_deadline_leaves_the_request_as_it_was(cluster: Cluster, new_bridge: Maker) -> None:
    bridge, generation = new_bridge("bridge-deadline", KINDRED_DEADLINE_MS="1")
    text = "a very comfortable place to sit down with the whole family in the evening " * 10
    body = {"query": {"match": {"title": {"query": text + "tent", "operator": "or"}}}}
    found = cluster.search("bridge-deadline", body)["hits"]["hits"]
    assert found[0]["_id"] == "tent"
    assert not [name for hit in found for name in hit["_source"] if name.startswith("kindred_")]
    assert reasons(bridge, generation.index) == {"deadline": 1.0}
    # The bridge did answer: that is no fallback of OpenSearch's.
    assert counts(cluster, bridge, generation.index)["fallbacks"] == 0
    # The text was encoded all the same, so that the next shopper gets it.
    end = time.monotonic() + 120
    while reasons(bridge, generation.index).get("rewritten", 0) == 0 and time.monotonic() < end:
        cluster.search("bridge-deadline", body)
    assert reasons(bridge, generation.index)["rewritten"] >= 1


@pytest.mark.parametrize("text", ["tent ${parameters.body}", "${parameters.x} tent", "${credential.token} tent"])
def test_a_connectors_own_placeholders_are_harmless(bridge: Bridge, cluster: Cluster, text: str) -> None:
    found = search(cluster, "bridge-shop", text)
    assert "tent" in found
    assert bridge.secret() not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "tent ${x}",
        "tent ${dsl}",
        "tent \\${dsl}",
        'tent "quoted" \\ back',
        "tent \x00\x01\x1f",
        "帐篷 tent",
        "⛺ tent",
        "tent 👨‍👩‍👧",
        "tent " + "x" * 10_000,
        "tent' OR 1=1",
    ],
)
def test_odd_texts_are_rewritten(bridge: Bridge, cluster: Cluster, text: str) -> None:
    before = reasons(bridge, "bridge-shop-g001").get("rewritten", 0)
    assert "tent" in search(cluster, "bridge-shop", text)
    assert reasons(bridge, "bridge-shop-g001")["rewritten"] == before + 1


def test_a_dropped_generation_is_let_go(cluster: Cluster, new_bridge: Maker, bridge_store: ModelStore) -> None:
    alias = "bridge-drop"
    bridge, _ = new_bridge(alias)
    second = load_products(cluster, bridge_store, alias, live=False, model=TINY_TEXT)
    bridge.knows(second.index)

    def open_models() -> set[str]:
        with bridge.http() as http:
            lines = http.get("/metrics").text.splitlines()
        return {line.split('model="')[1].split('"')[0] for line in lines if line.startswith("kindred_encoder_loaded{")}

    assert TINY_TEXT in open_models()
    dropin.remove(cluster, second)
    generations.drop(cluster, second)
    with bridge.http("admin") as http:
        loaded = http.post("/v1/refresh").json()["loaded"]
    assert second.index not in [one["index"] for one in loaded]
    # Another test's generation may use the tiny model as well; this bridge sees the whole cluster.
    if not [g for g in generations.all_of_them(cluster) if g.text.model == TINY_TEXT]:
        assert TINY_TEXT not in open_models()
    with bridge.http() as http:
        gone = http.post("/v1/search", json={"text": "tent", "generation": second.name})
        assert gone.status_code == 404
        body = {"body": {"query": {"match_all": {}}}, "fingerprint": second.text.fingerprint}
        assert http.post(f"/v1/generations/{second.index}/rewrite", json=body).status_code == 404


def test_a_cluster_is_not_made_to_try_a_bridge_that_does_not_run(
    cluster: Cluster, bridge_store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying a service that it never reached may take OpenSearch ten seconds."""
    alias = "bridge-silent"
    generation = load_products(cluster, bridge_store, alias, live=False, model=TINY_TEXT)
    monkeypatch.setattr(remote_models, "predict", lambda *_: pytest.fail("the cluster was made to try"))
    settings = Settings(home=make_home(tmp_path / "home", bridge_store), bridge_port=free_port(), bridge_url=None)
    found = plug_in(cluster, generation, settings)
    assert not found.active
    assert "no bridge runs at" in (found.reason or "")
    dropin.remove(cluster, generation)
    generations.drop(cluster, generation)


def test_a_search_of_the_bridge_degrades_to_keywords(cluster: Cluster, new_bridge: Maker) -> None:
    bridge, _ = new_bridge("bridge-degraded", KINDRED_SEARCH_DEADLINE_MS="1")
    text = "a tent for two people that keeps the rain out and is quickly put up " * 20
    with bridge.http() as http:
        answer = http.post("/v1/search", json={"text": text[:1900], "mode": "hybrid"}).json()
        assert answer["degraded"] is True
        assert answer["mode"] == "keyword"
        assert answer["reason"] == "encoding took longer than 1 ms"
        assert answer["hits"][0]["id"] == "tent"
        assert "kindred_degraded_searches_total 1.0" in http.get("/metrics").text


def test_a_cluster_that_is_away_is_a_clear_refusal(bridge_store: ModelStore, tmp_path: Path) -> None:
    away = Bridge(f"http://127.0.0.1:{free_port()}", make_home(tmp_path / "away", bridge_store))
    try:
        away.start(until="/health")
        with away.http() as http:
            assert http.get("/health").status_code == 200
            answer = http.post("/v1/search", json={"text": "tent"})
            assert answer.status_code == 503
            assert "OpenSearch does not answer" in answer.json()["error"]["message"]
            assert httpx.get(f"{away.url}/ready").status_code == 503
            assert "kindred_cluster_up 0.0" in http.get("/metrics").text
    finally:
        away.stop()
