"""Releases on a real node: what goes live, what is refused, and that nothing that changes meanwhile is lost."""

import json
from dataclasses import replace

import pytest

from opensearch import generations
from opensearch.leases import Lease, LeaseHeldError, of_releases
from plugin_bridge.errors import ReleaseError
from plugin_bridge.loading.deletions import delete
from plugin_bridge.releases import records
from plugin_bridge.releases.switching import rollback
from plugin_bridge.releases.workshop import Hooks
from tests.fixtures.bridge import PRODUCTS
from tests.fixtures.tiny_models import TINY_TEXT
from tests.plugin_bridge.releases.conftest import SECOND, UNPROVEN

VALUES = {one["id"]: {name: value for name, value in one.items() if name != "id"} for one in PRODUCTS}


def live_index(shop) -> list[str]:
    return generations.live_indices(shop.workshop.cluster, shop.alias)


def judged(folder, grades):
    """Write a folder with a query for each product's first word, graded as `grades` says."""
    folder.mkdir()
    titles = {one["id"]: one["title"] for one in PRODUCTS}
    (folder / "queries.tsv").write_text("".join(f"q{n}\t{titles[one]}\n" for n, one in enumerate(titles)))
    lines = (f"q{n}\t0\t{other}\t{grades(one, other)}\n" for n, one in enumerate(titles) for other in titles)
    (folder / "qrels.txt").write_text("".join(lines))
    return folder


def test_a_dry_run_builds_and_compares_and_switches_nothing(shop, tmp_path):
    done = shop.release(dry_run=True, data=judged(tmp_path / "judged", lambda one, other: 3 * (one == other)))
    assert (done.state, live_index(shop)) == (records.COMPARED, [shop.live.index])
    told = done.to_json()
    assert told["comparison"]["ndcg@10"]["queries"] == len(PRODUCTS)
    assert told["comparison"]["ndcg@10"]["live"] == told["comparison"]["ndcg@10"]["candidate"] == 1.0
    assert done.verdict == "cannot tell"
    assert [one["name"] for one in told["steps"]] == ["create", "copy", "catch up", "prepare", "compare"]
    target = generations.read(shop.workshop.cluster, done.target)
    assert not target.complete and target.text.model == SECOND and target.documents == len(PRODUCTS)


def test_what_cannot_be_told_is_refused_and_force_releases_it(shop):
    refused = shop.release()
    assert refused.state == records.REFUSED and "cannot tell" in refused.problem
    assert refused.to_json()["changes"], "words of titles show what would change"
    assert live_index(shop) == [shop.live.index]
    done = shop.release(force=True)
    assert done.id == refused.id, "the candidate that is there is taken up again"
    assert (done.state, live_index(shop)) == (records.RELEASED, [done.target])
    assert done.step("proof")["holds"] and done.step("copy")["encoded"] == 0
    assert {one: shop.documents()[one]["title"] for one in VALUES} == {one: VALUES[one]["title"] for one in VALUES}
    live = generations.live(shop.workshop.cluster, shop.alias)
    assert live.complete and live.text.model == SECOND
    with pytest.raises(ReleaseError, match=r"is the encoder of .* which is live"):
        shop.release()


def test_pairs_are_compared_by_cosines_of_both_encoders(shop, tmp_path):
    folder = tmp_path / "pairs"
    folder.mkdir()
    titles = [one["title"] for one in PRODUCTS]
    same = [{"left": "sofa", "right": VALUES["sofa"], "label": 1}] * 10
    other = [{"left": {"name": titles[n]}, "right": {"id": "lamp"}, "label": 0} for n in range(9)] * 2
    gone = [{"left": "sofa", "right": "not there", "label": 1}]
    for split in ("valid", "test"):
        rows = [*same, *other, *(gone if split == "test" else [])]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = shop.release(dry_run=True, data=folder).to_json()
    assert found["comparison"]["pairs_f1"] == {
        **{"live": 1.0, "candidate": 1.0, "difference": 0.0, "low": 0.0, "high": 0.0},
        **{"pairs": 28, "enough": True},
    }
    assert "1 labelled pairs name products that the catalogue does not hold" in found["notes"]


def test_changes_during_the_build_are_in_the_candidate(shop):
    cluster = shop.workshop.cluster
    seen = []

    def meanwhile(point: str) -> None:
        seen.append(point)
        if point == "copy":
            cluster.request("POST", f"/{shop.alias}/_update/pan", {"doc": {"price": 1.5}}, params={"refresh": True})
            cluster.request("PUT", f"/{shop.alias}/_doc/new", {"title": "Wooden spoon", "kindred_tie": 0.5})
            delete(cluster, ["tent"], shop.alias)
        elif point == "prepare":
            doc = {"doc": {"title": "Cordless hammer drill 20V"}}
            cluster.request("POST", f"/{shop.alias}/_update/drill", doc)
        elif point == "proving":
            cluster.request("POST", f"/{shop.alias}/_update/lamp", {"doc": {"price": 2.5}})
        elif point == "ready":  # past the last pass, while Kindred's own writers wait
            cluster.request("POST", f"/{shop.alias}/_update/boots", {"doc": {"price": 3.5}})
            cluster.request("DELETE", f"/{shop.alias}/_doc/kettle")
        elif point == "switched":  # the new one is live: what is written there is newer
            cluster.request("PUT", f"/{shop.alias}/_doc/newest", {"title": "Oak chair"})

    done = shop.release(force=True, hooks=Hooks(reached=meanwhile))
    assert seen == ["create", "copy", "catch up", "prepare", "compare", "proving", "ready", "switched"]
    assert done.state == records.RELEASED and done.step("switch")["late"] == 2
    found = shop.documents()
    assert found.keys() == {*VALUES, "new", "newest"} - {"tent", "kettle"}
    assert (found["pan"]["price"], found["lamp"]["price"], found["boots"]["price"]) == (1.5, 2.5, 3.5)
    assert found["drill"]["title"] == "Cordless hammer drill 20V"
    body = {"query": {"exists": {"field": "kindred_text"}}, "track_total_hits": True, "size": 0}
    with_vector = cluster.search(shop.alias, body, search_pipeline="_none")["hits"]["total"]["value"]
    assert with_vector == len(VALUES) - 1  # two gone, one new with its vector; the newest came past Kindred


def test_a_rollback_brings_back_what_changed_since(shop):
    cluster = shop.workshop.cluster
    done = shop.release(force=True)
    cluster.request("POST", f"/{shop.alias}/_update/pan", {"doc": {"price": 7.5}})
    cluster.request("PUT", f"/{shop.alias}/_doc/new", {"title": "Wooden spoon"})
    delete(cluster, ["tent"], shop.alias)

    def meanwhile(point: str) -> None:
        if point == "rolled back":  # the older one is live: what is written there is newer
            cluster.request("PUT", f"/{shop.alias}/_doc/newest", {"title": "Oak chair"})
            cluster.request("POST", f"/{shop.alias}/_update/lamp", {"doc": {"price": 1.5}})

    cluster.request("POST", f"/{shop.alias}/_update/lamp", {"doc": {"price": 9.5}})
    back = rollback(replace(shop.workshop, hooks=Hooks(reached=meanwhile)))
    assert (back.live, back.before) == (shop.live.index, done.target)
    assert live_index(shop) == [shop.live.index]
    found = shop.documents()
    assert found["pan"]["price"] == 7.5 and {"new", "newest"} <= found.keys() and "tent" not in found
    assert found["lamp"]["price"] == 1.5
    assert shop.workshop.releases.get(done.id).state == records.ROLLED_BACK
    assert generations.live(cluster, shop.alias).text.model == TINY_TEXT
    with pytest.raises(ReleaseError, match="rolled back goes live by the same `kindred release`"):
        rollback(shop.workshop, done.target)
    # Again: nothing is built twice, and going back still goes to the one that was live before.
    cluster.request("POST", f"/{shop.alias}/_update/pan", {"doc": {"price": 8.5}})
    again = shop.release(force=True)
    assert (again.id, again.target, live_index(shop)) == (done.id, done.target, [done.target])
    assert shop.documents()["pan"]["price"] == 8.5
    assert rollback(shop.workshop).live == shop.live.index


def test_what_stands_in_the_way_is_said(shop, new_shop):
    with pytest.raises(ReleaseError, match="never passed the parity gate: its card has no worst_cosine"):
        shop.release(UNPROVEN)
    with Lease(shop.workshop.cluster, of_releases(shop.alias), "another release"), pytest.raises(LeaseHeldError):
        shop.release()
    empty = replace(shop.workshop, alias="release-of-nothing")
    with pytest.raises(ReleaseError, match="nothing is live behind release-of-nothing"):
        replace(shop, workshop=empty).release()
    with pytest.raises(ReleaseError, match="has no generation g009"):
        rollback(shop.workshop, "g009")


def test_another_generation_that_went_live_meanwhile_is_not_overwritten(shop):
    cluster = shop.workshop.cluster

    def load_beside(point: str) -> None:
        if point == "compare":
            other = generations.create(cluster, shop.alias, text=shop.live.text)
            generations.update_meta(cluster, replace(other, complete=True))
            generations.switch(cluster, shop.alias, other.index)

    with pytest.raises(ReleaseError, match=r"was built beside .*-g001, and .*-g003 is live by now; nothing was"):
        shop.release(force=True, hooks=Hooks(reached=load_beside))
    (record,) = shop.workshop.releases.all()
    assert record.state == records.FAILED and "nothing was switched" in record.problem


def test_old_generations_are_kept_by_count(shop):
    first = shop.release(dry_run=True)
    done = shop.release(force=True, keep=0)
    assert done.target == first.target
    assert done.step("tidy")["dropped"] == [shop.live.index]
    assert [one.index for one in generations.history(shop.workshop.cluster, shop.alias)] == [done.target]
