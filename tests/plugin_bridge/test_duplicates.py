"""Near-duplicate photos of a catalogue, on a real k-NN field: found, grouped, and nothing else."""

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
from plugin_bridge.searching.duplicates import Group, find_duplicates
from tests.fixtures.bridge import Bridge

ALIAS = "test-duplicates"
DIMENSION = 32
PRODUCTS = 300


def vectors() -> np.ndarray:
    """Directions that have nothing to do with each other, but for three near ones and thirty equal ones."""
    made = np.random.default_rng(5).normal(size=(PRODUCTS, DIMENSION)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    for place in (101, 102):
        made[place] = made[100] + 0.02 * made[place]  # nearly parallel: a cosine of about 0.9998
    made[201:230] = made[200]
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def generation(cluster: Cluster) -> Iterator[Generation]:
    cluster.request("DELETE", f"/{ALIAS}-g*")
    text, image = EncoderRef("none", "0" * 32, 4), EncoderRef("none", "1" * 32, DIMENSION)
    made = generations.create(cluster, ALIAS, text=text, image=image)
    made = generations.update_meta(cluster, replace(made, complete=True))
    lines: list[bytes] = []
    for place, vector in enumerate(vectors()):
        content = "same" if 200 <= place < 230 else str(place)
        source: dict[str, Any] = {"title": f"thing {place}", "image": f"{place}.jpg", "kindred_image_hash": content}
        lines += [orjson.dumps({"index": {"_id": f"p{place}"}})]
        lines += [orjson.dumps(source | {"kindred_image": vector.tolist()})]
    lines += [orjson.dumps({"index": {"_id": "without"}}), orjson.dumps({"title": "no photo"})]
    answer = cluster.request("POST", f"/{made.index}/_bulk", b"\n".join(lines) + b"\n", params={"refresh": True})
    assert not answer["errors"]
    generations.switch(cluster, ALIAS, made.index)
    yield made
    cluster.request("DELETE", f"/{ALIAS}-g*")


def ids(group: Group) -> set[str]:
    return {one.id for one in group.products}


def test_equal_and_nearly_equal_photos_are_grouped(cluster: Cluster, generation: Generation) -> None:
    counted: list[int] = []
    found = find_duplicates(cluster, generation, progress=counted.append)
    assert (found.compared, sum(counted)) == (PRODUCTS, PRODUCTS)
    equal, near = found.groups
    assert ids(equal) == {f"p{n}" for n in range(200, 230)}  # more than k-NN looks for at once
    assert (equal.exact, equal.similarity) == (True, 1.0)
    assert ids(near) == {"p100", "p101", "p102"}
    assert not near.exact
    made = vectors()
    assert near.similarity == pytest.approx(float(min(made[100] @ made[101], made[100] @ made[102])), abs=2e-3)
    assert near.products[0].title == "thing 100"


def test_a_higher_bar_leaves_the_near_ones_out(cluster: Cluster, generation: Generation) -> None:
    assert [ids(group) for group in find_duplicates(cluster, generation, above=0.99999).groups] == [
        {f"p{n}" for n in range(200, 230)}
    ]


def test_what_cannot_be_compared_is_told(cluster: Cluster, generation: Generation) -> None:
    with pytest.raises(RequestError, match=r"above is a cosine from 0\.5 to 1, got 0\.1"):
        find_duplicates(cluster, generation, above=0.1)
    with pytest.raises(RequestError, match="was loaded without photos"):
        find_duplicates(cluster, replace(generation, image=None))
    assert find_duplicates(cluster, generation, "texts").groups == ()


def test_the_bridge_looks_in_the_background(bridge: Bridge) -> None:
    with bridge.http("merchandiser") as http:
        end = time.monotonic() + 120
        while (answer := http.get("/v1/duplicates", params={"above": 0.5})).status_code == 202:
            assert answer.json()["state"] == "running"
            assert time.monotonic() < end
            time.sleep(0.05)
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["compared"]) == ("done", 4)
        assert http.get("/v1/duplicates", params={"above": 0.1}).status_code == 422
        assert http.get("/v1/duplicates", params={"alias": "nowhere"}).status_code == 404
    with bridge.http() as http:
        assert http.get("/v1/duplicates").status_code == 403


def test_a_search_that_fails_is_told_once_and_tried_again(
    cluster: Cluster, generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugin_bridge.jobs import Jobs
    from plugin_bridge.service import duplicating

    searches, fails = duplicating._Searches(cluster, Jobs()), [True]
    real = duplicating.find_duplicates

    def flaky(*arguments: Any, **more: Any) -> Any:
        if fails.pop() if fails else False:
            raise RequestError("the node went away")
        return real(*arguments, **more)

    monkeypatch.setattr(duplicating, "find_duplicates", flaky)
    states: list[str] = []
    end = time.monotonic() + 120
    while "done" not in states and time.monotonic() < end:
        states.append(searches.ask(generation, "photos", 0.97, "anna", again=False).state)
        time.sleep(0.02)
    assert set(states) == {"running", "failed", "done"}
    assert states.count("failed") == 1
