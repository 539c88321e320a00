"""`GET /v1/map` of a running bridge over real indices."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest

from opensearch import generations
from opensearch.client import Cluster
from opensearch.generations import EncoderRef, Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.mapping import MapStore, MapWanted, make_map
from tests.fixtures.bridge import PRODUCTS, Bridge

ALIAS = "test-map"
COUNT = 700
SECONDS = 120


@pytest.fixture(scope="module")
def generation(cluster: Cluster) -> Iterator[Generation]:
    """Products that all look one way, one that looks another, and one without a vector."""
    cluster.request("DELETE", f"/{ALIAS}-g*")
    made = generations.create(cluster, ALIAS, text=EncoderRef("none", "0" * 32, 16), image=None)
    made = generations.update_meta(cluster, replace(made, complete=True))
    rng = np.random.default_rng(4)
    lines: list[bytes] = []
    for place in range(COUNT):
        vector = np.eye(16)[0] + 0.1 * rng.normal(size=16) if place else -np.eye(16)[0]
        source: dict[str, Any] = {"title": f"thing {place}", "category": ["a", f"b{place % 3}"]}
        source |= {"kindred_text": vector.tolist(), "kindred_tie": place / COUNT}
        lines += [orjson.dumps({"index": {"_id": f"p{place}"}}), orjson.dumps(source)]
    lines += [orjson.dumps({"index": {"_id": "without"}}), orjson.dumps({"title": "no vector", "kindred_tie": 0.5})]
    cluster.request("POST", f"/{made.index}/_bulk", b"\n".join(lines) + b"\n", params={"refresh": True})
    yield made
    cluster.request("DELETE", f"/{ALIAS}-g*")


def test_a_map_holds_every_product_with_a_vector(cluster: Cluster, generation: Generation) -> None:
    counted: list[int] = []
    made = make_map(cluster, generation, MapWanted(sample=1000), progress=counted.append)
    assert {one["id"] for one in made.points} == {f"p{place}" for place in range(COUNT)}
    assert sum(counted) == COUNT
    assert made.outliers[0] == "p0"
    first = next(one for one in made.points if one["id"] == "p4")
    assert (first["title"], first["category"]) == ("thing 4", ["a", "b1"])
    assert made.explained is not None and 0 < made.explained < 1


def test_a_sample_is_the_same_every_time(cluster: Cluster, generation: Generation) -> None:
    """It goes by the number that depends on a product's id alone: here the place in the list."""
    made = make_map(cluster, generation, MapWanted(sample=600))
    assert [one["id"] for one in made.points] == [f"p{place}" for place in range(600)]
    assert make_map(cluster, generation, MapWanted(sample=600)) == made


def test_what_has_no_map_is_told(cluster: Cluster, generation: Generation) -> None:
    with pytest.raises(RequestError, match="loaded without photos"):
        make_map(cluster, generation, MapWanted(field="image"))
    with pytest.raises(Exception, match="was stopped"):
        make_map(cluster, generation, MapWanted(), stopped=lambda: True)


def test_a_kept_map_is_read_back_and_a_broken_one_made_anew(tmp_path: Any, generation: Generation) -> None:
    store, wanted = MapStore(tmp_path), MapWanted()
    assert store.read(generation, wanted) is None
    assert store.write(generation, wanted, {"points": []})
    assert store.read(generation, wanted) == {"points": []}
    assert store.read(replace(generation, created="later"), wanted) is None
    next((tmp_path / "maps").iterdir()).write_bytes(b"\x1f\x8b not this")
    assert store.read(generation, wanted) is None
    (tmp_path / "file").write_text("")
    assert not MapStore(tmp_path / "file").write(generation, wanted, {})


def ask(bridge: Bridge, **params: Any) -> dict[str, Any]:
    """Ask until the map is made."""
    with bridge.http("merchandiser") as http:
        end = time.monotonic() + SECONDS
        while (answer := http.get("/v1/map", params=params)).status_code == 202:
            assert answer.json()["state"] == "running"
            assert time.monotonic() < end, "no map"
            params.pop("again", None)
            time.sleep(0.05)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.mark.parametrize("field", ["text", "image"])
def test_the_bridge_answers_a_map(bridge: Bridge, field: str) -> None:
    made = ask(bridge, field=field, again=True)
    assert (made["state"], made["method"], made["field"], made["generation"]) == ("done", "pca", field, "g001")
    with_photo = {"sofa", "boots", "drill", "kettle"}
    wanted = {str(one["id"]) for one in PRODUCTS} if field == "text" else with_photo
    assert {one["id"] for one in made["points"]} == wanted
    assert ask(bridge, field=field) == made


@pytest.mark.parametrize(
    ("params", "named"), [({"sample": 1}, "sample"), ({"sample": 10**6}, "sample"), ({"method": "tsne"}, "method")]
)
def test_a_map_that_cannot_be_is_refused(bridge: Bridge, params: dict[str, Any], named: str) -> None:
    with bridge.http("merchandiser") as http:
        answer = http.get("/v1/map", params=params)
    assert answer.status_code == 422
    assert named in answer.text


def test_shoppers_see_no_map(bridge: Bridge) -> None:
    with bridge.http("storefront") as http:
        assert http.get("/v1/map").status_code == 403
