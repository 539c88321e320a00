"""Labels over HTTP, through a real bridge and a real node: what E's page and other clients rely on."""

import time
import uuid
from typing import Any

import httpx
import pytest

from tests.fixtures.bridge import PRODUCTS, Bridge

IDS = [one["id"] for one in PRODUCTS]


def key() -> str:
    return str(uuid.uuid4())


def label(left: str, right: str, said: str, **more: object) -> dict[str, object]:
    return {"key": key(), "left": left, "right": right, "label": said, "at": None, "source": "search", **more}


@pytest.fixture
def http(bridge: Bridge) -> httpx.Client:
    return bridge.http("merchandiser")


def save(http: httpx.Client, *labels: dict[str, object]) -> httpx.Response:
    return http.post("/v1/labels/pairs", json={"labels": list(labels)})


def wait_for_pairs(http: httpx.Client) -> dict[str, Any]:
    """Return the next pairs; the first ones are made in the background."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        answer = http.get("/v1/labels/next", params={"count": 3})
        assert answer.status_code == 200, answer.text
        if answer.json()["left"] is not None:
            return dict(answer.json())
        time.sleep(0.1)
    raise AssertionError("the queue is not ready")


def test_the_queue_asks_for_pairs_and_never_twice(http: httpx.Client) -> None:
    seen: set[str] = set()
    for _ in range(4):
        answer = wait_for_pairs(http)
        pairs = answer["pairs"]
        assert pairs and answer["left"] is not None
        assert not seen & {one["key"] for one in pairs}
        for one in pairs:
            assert {one["left"]["id"], one["right"]["id"]} <= set(IDS) and one["left"]["product"]["title"]
            assert one["why"]["kind"] in ("uncertain", "disagreement", "diverse", "random") and one["why"]["text"]
            assert -1 <= one["similarity"]["text"] <= 1
        seen |= {one["key"] for one in pairs}
        said = [label(one["left"]["id"], one["right"]["id"], "dissimilar", source="queue") for one in pairs]
        assert [one["state"] for one in save(http, *said).json()["saved"]] == ["saved"] * len(pairs)
