"""What the database knows of releases, canaries and jobs: the same on SQLite and on PostgreSQL."""

import threading
import uuid

import pytest

from plugin_bridge.errors import JobError, ReleaseError
from plugin_bridge.jobs import ledger as states
from plugin_bridge.jobs.ledger import JobLedger
from plugin_bridge.releases import records
from plugin_bridge.releases.canary import Canaries
from plugin_bridge.releases.records import Releases
from plugin_bridge.storage import Storage
from tests.plugin_bridge.labels.conftest import alias, postgres, storage

__all__ = ["alias", "postgres", "storage"]


@pytest.fixture
def releases(storage: Storage, alias: str) -> Releases:
    return Releases(storage, alias)


@pytest.fixture
def jobs(storage: Storage) -> JobLedger:
    return JobLedger(storage, f"host-{uuid.uuid4().hex[:12]}")


def test_a_release_keeps_its_steps_and_its_comparison(releases: Releases) -> None:
    made = releases.begin("bge", "f1", "text", "anna", "shop-g001")
    assert (made.state, made.target, made.steps, made.found) == (records.BUILDING, None, (), None)
    made = releases.change(made, target="shop-g002")
    made = releases.add_step(made, "copy", through=7, written=3)
    made = releases.add_step(made, "catch up", through=8)
    made = releases.add_step(
        made, "copy", through=9, written=1
    )  # the newest of a name takes the place of the one before
    assert [one["name"] for one in made.steps] == ["catch up", "copy"]
    assert made.step("copy")["through"] == 9 and made.step("proof") is None
    found = {"comparison": {"ndcg@10": {"low": -0.1}}, "deciding": ["ndcg@10"], "changes": [{"query": "Tee für 2 🍵"}]}
    made = releases.change(made, found=found, verdict="better", state=records.COMPARED)
    told = releases.get(made.id).to_json()
    assert (told["comparison"], told["deciding"], told["changes"]) == tuple(found.values())
    assert (told["verdict"], told["from"], told["to"], told["judge_next"]) == ("better", "shop-g001", "shop-g002", [])


def test_an_undecided_release_is_taken_up_and_a_released_one_is_not(releases: Releases) -> None:
    first = releases.begin("bge", "f1", "text", "anna", "shop-g001")
    assert releases.begin("bge", "f1", "text", "anna", "shop-g001").id != first.id, "nothing was built for it yet"
    built = releases.change(first, target="shop-g002", state=records.FAILED, problem="killed")
    again = releases.begin("bge", "f1", "text", "ben", "shop-g001")
    assert (again.id, again.by, again.state, again.problem) == (built.id, "ben", records.BUILDING, None)
    assert releases.begin("bge", "f2", "text", "ben", "shop-g001").id != built.id, "other weights"
    assert releases.begin("bge", "f1", "text", "ben", "shop-g003").id != built.id, "another live generation"
    releases.change(again, state=records.RELEASED)
    assert releases.begin("bge", "f1", "text", "ben", "shop-g001").id != built.id
    assert [one.id for one in releases.all()] == sorted((one.id for one in releases.all()), reverse=True)


def test_each_alias_has_its_own(storage: Storage, releases: Releases) -> None:
    made = releases.begin("bge", "f1", "text", "anna", "shop-g001")
    other = Releases(storage, releases.alias + "-other")
    assert other.all() == []
    with pytest.raises(ReleaseError, match=f"has no release {made.id}"):
        other.get(made.id)


def test_a_canary_is_one_for_each_alias(storage: Storage, alias: str) -> None:
    canaries = Canaries(storage)
    canaries.set(alias, "shop-g002", 0.05, "anna")
    set_again = canaries.set(alias, "shop-g003", 0.25, "ben")
    assert canaries.all()[alias] == set_again and set_again.to_json()["generation"] == "g003"
    for share in (-0.1, 0.51):
        with pytest.raises(ReleaseError, match="share is from 0 to"):
            canaries.set(alias, "shop-g003", share, "ben")
    assert canaries.set(alias, "", 0, "ben") is None and alias not in canaries.all()
    canaries.set(alias, "shop-g002", 0.05, "anna")
    canaries.end(alias)
    canaries.end(alias)
    assert alias not in canaries.all()


def test_jobs_run_one_after_the_other_and_end_once(jobs: JobLedger, alias: str) -> None:
    first, second, third = (jobs.add(alias, "release", {"model": name}, "anna") for name in "abc")
    claimed = jobs.claim()
    assert claimed is not None and (claimed.id, claimed.state) == (first.id, states.RUNNING)
    assert jobs.claim() is None, "one at a time"
    jobs.seen(claimed, 4711, 12.25)
    assert [(one.pid, one.born) for one in jobs.running()] == [(4711, 12.25)]
    assert jobs.cancel(second.id, "ben").state == states.CANCELLED
    assert jobs.cancel(first.id, "ben").state == states.RUNNING, "its runner ends it"
    assert jobs.end(claimed, states.DONE, result={"state": "released"}).result == {"state": "released"}
    assert jobs.end(claimed, states.FAILED, problem="too late").state == states.DONE
    with pytest.raises(JobError, match="has ended already"):
        jobs.cancel(first.id, "ben")
    claimed = jobs.claim()
    assert claimed is not None and claimed.id == third.id and claimed.settings == {"model": "c"}


def test_two_that_claim_at_once_get_one_job(jobs: JobLedger, alias: str) -> None:
    for name in "abcd":
        jobs.add(alias, "release", {"model": name}, "anna")
    found: list[int] = []
    begin = threading.Barrier(4)

    def claim() -> None:
        begin.wait(10)
        job = jobs.claim()
        if job is not None:
            found.append(job.id)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 1 == len(jobs.running())


def test_a_queue_has_an_end(jobs: JobLedger, alias: str) -> None:
    for _ in range(states.MOST_QUEUED):
        jobs.add(alias, "release", {}, "anna")
    with pytest.raises(JobError, match="100 jobs wait already") as refused:
        jobs.add(alias, "release", {}, "anna")
    assert refused.value.status == 429
