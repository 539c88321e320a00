"""Shoppers search without a pause while a model is released and rolled back; a share of them meets the canary."""

import threading
import time

import httpx
import pytest

from encoders.store import ModelStore
from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.plugging import plug_in
from plugin_bridge.releases.canary import chosen
from tests.fixtures.bridge import PRODUCTS, Bridge, drop_alias, load_products, make_home
from tests.fixtures.tiny_models import TINY_TEXT
from tests.plugin_bridge.releases.conftest import SECOND

ALIAS = "release-load"
TEXTS = ("settee for the living room", "camping boots", "lamp for reading", "something to boil water", "tools")
WAIT = 120.0


@pytest.fixture
def bridge(cluster: Cluster, release_store: ModelStore, tmp_path):
    """A running bridge over one plugged-in generation."""
    drop_alias(cluster, ALIAS)
    home = make_home(tmp_path / "home", release_store)
    running = Bridge(cluster.url, home, environment={"KINDRED_ALIAS": ALIAS, "KINDRED_THREADS": "1"})
    live = load_products(cluster, release_store, ALIAS, model=TINY_TEXT)
    plug_in(cluster, live, running.settings)
    running.start()
    yield running
    running.stop()
    drop_alias(cluster, ALIAS)


def finished(client: httpx.Client, job: int) -> dict:
    """Wait for the end of a job and return it."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = client.get(f"/v1/jobs/{job}").json()
        if found["state"] not in ("queued", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(f"job {job} does not end: {found}, {client.get(f'/v1/jobs/{job}/log').text}")


class Shoppers:
    """Clients that search the alias through its drop-in until they are told to stop."""

    def __init__(self, cluster: Cluster, count: int = 2) -> None:
        self._url, self.stop = cluster.url, threading.Event()
        self.answers: list[tuple[str, str, tuple[str, ...]]] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._shop, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _shop(self) -> None:
        with Cluster(self._url) as client:
            place = 0
            while not self.stop.is_set():
                text = TEXTS[place % len(TEXTS)]
                place += 1
                try:
                    answer = client.search(ALIAS, storefront(text))
                except Exception as error:  # noqa: BLE001 - any failure is what is looked for
                    self.failures.append(str(error))
                    continue
                hits = answer["hits"]["hits"]
                indices = ",".join(sorted({hit["_index"] for hit in hits}))
                if hits:
                    self.answers.append((text, indices, tuple(hit["_id"] for hit in hits)))

    def end(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(30)


def ids(answer: dict) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def storefront(text: str, **ext: object) -> dict:
    fields = ["title^3", "brand^2", "category.text", "tags.text", "colour.text", "description"]
    body = {"query": {"multi_match": {"query": text, "fields": fields, "type": "cross_fields"}}, "size": 5}
    return {**body, "ext": {"ml_inference": ext}} if ext else body


def test_a_release_and_a_rollback_fail_nothing_and_mix_nothing(cluster, bridge):
    shoppers = Shoppers(cluster)
    staff, releaser = bridge.http("merchandiser"), bridge.http("release")
    try:
        wanted = {"kind": "release", "settings": {"model": SECOND, "force": True}}
        assert staff.post("/v1/jobs", json=wanted).status_code == 403
        job = finished(releaser, releaser.post("/v1/jobs", json=wanted).json()["id"])
        assert job["state"] == "done" and job["result"]["state"] == "released", job
        first, second = generations.history(cluster, ALIAS)
        assert generations.live_indices(cluster, ALIAS) == [second.index]
        seen = len(shoppers.answers)
        back = releaser.post("/v1/rollback", json={})
        assert back.status_code == 200, back.text
        assert (back.json()["live"], back.json()["before"]) == (first.index, second.index)
        end = time.monotonic() + WAIT
        while len(shoppers.answers) < seen + 20 and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        shoppers.end()
    assert shoppers.failures == []
    assert {index for _, index, _ in shoppers.answers} == {first.index, second.index}
    releases = staff.get("/v1/releases").json()
    assert [one["state"] for one in releases["releases"]] == ["rolled back"]
    assert staff.post("/v1/rollback", json={}).status_code == 403


def test_a_canary_ranks_its_share_and_ends_with_the_switch(cluster, bridge):
    staff, releaser = bridge.http("merchandiser"), bridge.http("release")
    dry = {"kind": "release", "settings": {"model": SECOND, "dry_run": True}}
    job = finished(staff, staff.post("/v1/jobs", json=dry).json()["id"])
    assert job["result"]["state"] == "compared", job
    live, candidate = generations.history(cluster, ALIAS)
    bridge.knows(candidate.index)
    expected = {
        (one.index, text): ids(cluster.search(one.index, storefront(text)))
        for one in (live, candidate)
        for text in TEXTS
    }
    # The two encoders have to rank differently for this to show anything.
    assert any(expected[live.index, text] != expected[candidate.index, text] for text in TEXTS)
    assert staff.post("/v1/canary", json={"generation": candidate.name, "share": 0.5}).status_code == 403
    refused = releaser.post("/v1/canary", json={"generation": live.name, "share": 0.5})
    assert refused.status_code == 409 and "is live" in refused.text
    assert releaser.post("/v1/canary", json={"generation": candidate.name, "share": 0.6}).status_code == 422
    made = releaser.post("/v1/canary", json={"generation": candidate.name, "share": 0.5})
    assert made.json()["canary"]["generation"] == candidate.name
    sessions = [f"shopper {number}" for number in range(8)]
    inside = [one for one in sessions if chosen(one, 0.5)]
    assert 0 < len(inside) < len(sessions)
    for text in TEXTS:
        for session in sessions:
            answer = cluster.search(ALIAS, storefront(text, session=session))
            assert {hit["_index"] for hit in answer["hits"]["hits"]} == {live.index}
            side = candidate if session in inside else live
            assert ids(answer) == expected[side.index, text], (text, session)
    counted = staff.get("/metrics").text
    assert f'kindred_rewrites_total{{generation="{live.index}",reason="canary"}}' in counted
    assert staff.get("/v1/releases").json()["canary"]["share"] == 0.5
    number = staff.get("/v1/releases").json()["releases"][0]["id"]
    unsure = releaser.post(f"/v1/releases/{number}/switch", json={})
    assert unsure.status_code == 409 and "cannot tell" in unsure.text
    done = releaser.post(f"/v1/releases/{number}/switch", json={"force": True})
    assert done.json()["state"] == "released", done.text
    assert staff.get("/v1/releases").json()["canary"] is None
    assert generations.live_indices(cluster, ALIAS) == [candidate.index]
    assert len(PRODUCTS) == generations.live(cluster, ALIAS).documents
