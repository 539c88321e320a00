"""Jobs over HTTP and after accidents: queued, followed, cancelled, found again, lost. The children are real."""

import json
import os
import signal
import time

import httpx
import orjson
import psutil
import pytest

from opensearch import generations
from opensearch.leases import Lease
from plugin_bridge.jobs.child import PROCESS_FILE
from tests.fixtures.bridge import Bridge, drop_alias, load_products, make_home
from tests.fixtures.tiny_models import TINY_TEXT
from tests.plugin_bridge.releases.conftest import SECOND, make_model

ALIAS = "jobs-shop"
WAIT = 120.0
RELEASE = {"kind": "release", "settings": {"model": SECOND, "force": True}}


@pytest.fixture(scope="module")
def running(cluster, bridge_store, tmp_path_factory):
    """A bridge over one generation, without a drop-in."""
    make_model(bridge_store, SECOND, seed=2)
    drop_alias(cluster, ALIAS)
    home = make_home(tmp_path_factory.mktemp("jobs") / "home", bridge_store)
    bridge = Bridge(cluster.url, home, environment={"KINDRED_ALIAS": ALIAS, "KINDRED_THREADS": "1"})
    load_products(cluster, bridge_store, ALIAS, model=TINY_TEXT)
    yield bridge.start()
    bridge.stop()
    drop_alias(cluster, ALIAS)


def until(client: httpx.Client, job: int, *states: str) -> dict:
    """Wait until a job is in one of these states, and return it."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = client.get(f"/v1/jobs/{job}").json()
        if found["state"] in states:
            return found
        time.sleep(0.1)
    raise AssertionError(f"job {job} is {found}: {client.get(f'/v1/jobs/{job}/log').text}")


def until_it_waits(client: httpx.Client, job: int) -> None:
    """Wait until a release has come to where it needs the lease that the test holds."""
    end = time.monotonic() + WAIT
    while "waiting:" not in (said := client.get(f"/v1/jobs/{job}/log").text):
        assert time.monotonic() < end, said
        time.sleep(0.1)


def process_of(bridge: Bridge, job: int) -> psutil.Process:
    noted = orjson.loads((bridge.home / "jobs" / str(job) / PROCESS_FILE).read_bytes())
    return psutil.Process(noted["pid"])


def test_a_job_is_followed_by_events_waits_its_turn_and_can_be_cancelled(cluster, running):
    with running.http("release") as client:
        with Lease(cluster, ALIAS, "a test"):
            first = client.post("/v1/jobs", json=RELEASE)
            assert (first.status_code, first.json()["by"]) == (202, "release")
            second = client.post("/v1/jobs", json=RELEASE).json()["id"]
            third = client.post("/v1/jobs", json=RELEASE).json()["id"]
            number = first.json()["id"]
            until_it_waits(client, number)
            assert client.get(f"/v1/jobs/{second}").json()["state"] == "queued", "one at a time"
            assert client.post(f"/v1/jobs/{third}/cancel").json()["state"] == "cancelled"
            child = process_of(running, number)
            assert client.post(f"/v1/jobs/{number}/cancel").status_code == 200
            cancelled = until(client, number, "cancelled")
            assert cancelled["problem"] == "cancelled by release" and not child.is_running()
            assert client.post(f"/v1/jobs/{number}/cancel").status_code == 409
            until_it_waits(client, second)
        done = until(client, second, "done")
        assert done["result"]["state"] == "released" and done["progress"]["message"]
        told = [json.loads(line[6:]) for line in events(client, second) if line.startswith("data: ")]
        assert told[-1]["state"] == "done" and any("waiting:" in str(one.get("message")) for one in told)
        ids = [line for line in events(client, second) if line.startswith("id: ")]
        again = [line for line in events(client, second, ids[-2][4:]) if line.startswith("id: ")]
        assert again == ids[-1:], "a client that was cut off goes on behind what it saw"
        assert [one["state"] for one in client.get("/v1/jobs").json()["jobs"]] == ["cancelled", "done", "cancelled"]
        assert client.post("/v1/rollback", json={}).status_code == 200


def events(client: httpx.Client, job: int, last: str = "") -> list[str]:
    with client.stream("GET", f"/v1/jobs/{job}/events", headers={"last-event-id": last}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return list(answer.iter_lines())


def test_a_child_outlives_its_bridge_and_the_next_one_finds_it(cluster, running):
    with Lease(cluster, ALIAS, "a test"), running.http("release") as client:
        number = client.post("/v1/jobs", json=RELEASE).json()["id"]
        until_it_waits(client, number)
        child = process_of(running, number)
        running.kill()
        assert child.is_running()
    running.start()
    with running.http("release") as client:
        done = until(client, number, "done", "failed", "lost")
        assert done["state"] == "done" and done["result"]["state"] == "released", done
        assert client.post("/v1/rollback", json={}).status_code == 200


def test_a_child_that_died_while_no_bridge_was_there_is_lost_and_its_repeat_goes_on(cluster, running):
    with Lease(cluster, ALIAS, "a test"), running.http("release") as client:
        number = client.post("/v1/jobs", json=RELEASE).json()["id"]
        until_it_waits(client, number)
        child = process_of(running, number)
        running.kill()
        os.kill(child.pid, signal.SIGKILL)
    running.start()
    with running.http("release") as client:
        lost = until(client, number, "lost")
        assert "ended while no bridge was there" in lost["problem"]
        (interrupted, *_) = client.get("/v1/releases").json()["releases"]
        assert interrupted["state"] == "compared", "it was killed between its comparison and its switch"
        again = until(client, client.post("/v1/jobs", json=RELEASE).json()["id"], "done")
        assert again["result"]["id"] == interrupted["id"]
        assert generations.live(cluster, ALIAS).text.model == SECOND


def test_what_a_job_cannot_be_asked_for_is_said(running):
    with running.http("merchandiser") as client:
        assert client.post("/v1/jobs", json=RELEASE).status_code == 403
        dry = {"model": SECOND, "dry_run": True}
        cases = {
            "'dance' is none of train-search": {"kind": "dance"},
            "release has no such setting": {"kind": "release", "settings": {**dry, "nope": 1}},
            "keep: Input should be a valid integer": {"kind": "release", "settings": {**dry, "keep": "many"}},
            "model: is needed": {"kind": "release", "settings": {"dry_run": True}},
            "holds no folder '../../etc'": {"kind": "train-images", "settings": {"data": "../../etc"}},
            "train-images needs the name of a folder": {"kind": "train-images"},
            "base: '/tmp/model' is a path": {"kind": "train-pairs", "settings": {"base": "/tmp/model"}},
            "weights: train-images has no such setting": {"kind": "train-images", "settings": {"weights": "/x"}},
        }
        for message, body in cases.items():
            refused = client.post("/v1/jobs", json=body)
            assert refused.status_code == 422 and message in refused.text, refused.text
        assert client.get("/v1/jobs/999").status_code == 404
        assert client.get("/v1/jobs/999/events").status_code == 404
        assert client.post("/v1/jobs", json={"kind": "release", "speed": 1}).status_code == 422
        failed = until(client, client.post("/v1/jobs", json={"kind": "train-pairs"}).json()["id"], "failed")
        assert "nobody has labelled anything" in failed["problem"]
        failed = until(client, client.post("/v1/jobs", json={"kind": "train-behaviour"}).json()["id"], "failed")
        assert "holds no orders yet" in failed["problem"], "it takes the diary, as its command does"
        unknown = {"kind": "release", "settings": {**dry, "model": "--help"}}
        failed = until(client, client.post("/v1/jobs", json=unknown).json()["id"], "failed")
        assert "'--help' cannot be a model's name" in failed["problem"]


def test_the_plan_says_what_there_is(running):
    with running.http("merchandiser") as client:
        plan = client.get("/v1/jobs/plan", params={"kind": "train-pairs"}).json()
        assert plan["labels"] == 0 and plan["device"]["kind"] in ("cpu", "cuda") and plan["device"]["name"]
        assert "all-minilm-l6-v2" in plan["bases"] and plan["settings"]["out"].startswith("pairs-")
        assert SECOND in client.get("/v1/jobs/plan", params={"kind": "release"}).json()["bases"]
        assert client.get("/v1/jobs/plan", params={"kind": "dance"}).status_code == 422
        assert client.get("/v1/experiments").json() == {"experiments": []}
        assert client.get("/v1/experiments/nothing").status_code == 404
