"""Decisions on a real index: written once, taken back, and never over somebody else's."""

import threading

import pytest

from opensearch.client import Cluster, path
from opensearch.generations import Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.values import Wanted
from tests.plugin_bridge.review.conftest import Suggest, source


def state(reviewer: Reviewer, number: int) -> str:
    return reviewer.ledger.named([number])[number].state


def test_an_accepted_value_is_in_the_index_and_can_be_taken_back(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    before = source(cluster, generation.index, "shoe")
    category, tag = suggest(("shoe", "category", "Shoes > Boots", 0.9), ("shoe", "tags", "summer", 0.6))
    outcome = reviewer.accept([category, tag], "anna")
    assert (len(outcome.decided), outcome.conflicts, outcome.pending) == (2, (), 0)
    after = source(cluster, generation.index, "shoe")
    assert (after["category"], after["tags"]) == (["Shoes", "Boots"], ["sale", "summer"])
    assert after["kindred_reviewed_fields"] == ["category", "tags"]
    assert {mark["by"] for mark in after["kindred_reviewed"]["marks"]} == {"anna"}
    assert outcome.operation is not None
    undone = reviewer.undo(outcome.operation, "bob")
    assert (len(undone.decided), undone.conflicts) == (2, ())
    again = source(cluster, generation.index, "shoe")
    assert {name: again[name] for name in before} == before
    assert (state(reviewer, category), state(reviewer, tag)) == ("open", "open")
    with pytest.raises(RequestError, match="undone already"):
        reviewer.undo(outcome.operation, "bob")
    with pytest.raises(RequestError, match="is an undo"):
        reviewer.undo(undone.operation or 0, "bob")
    actions = [(event["action"], event["by"]) for event in reviewer.history.events("shoe")]
    assert sorted(actions) == [("accept", "anna"), ("accept", "anna"), ("undo", "bob"), ("undo", "bob")]


def test_a_field_that_was_not_there_is_gone_again(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    number, tag = suggest(("blank", "colour", "blue", 0.9), ("blank", "tags", "new", 0.9))
    outcome = reviewer.accept([number, tag], "anna")
    assert source(cluster, generation.index, "blank")["colour"] == "blue"
    reviewer.undo(outcome.operation or 0, "anna")
    exists = {"query": {"bool": {"should": [{"exists": {"field": "colour"}}, {"exists": {"field": "tags"}}]}}}
    cluster.request("POST", f"/{generation.index}/_refresh")
    found = cluster.search(generation.index, exists)["hits"]["hits"]
    assert {hit["_id"] for hit in found} == {"boot", "shoe"}


def test_a_correction_and_an_undo_that_goes_back_to_it(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (first,) = suggest(("apple", "category", "Shoes > Boots", 0.4))
    outcome = reviewer.correct(first, "Shoes > Trainers", "anna")
    assert source(cluster, generation.index, "apple")["category"] == ["Shoes", "Trainers"]
    assert state(reviewer, first) == "corrected"
    with pytest.raises(RequestError, match="needs a value"):
        reviewer.correct(first, "  ", "anna")
    reviewer.undo(outcome.operation or 0, "anna")
    assert source(cluster, generation.index, "apple")["category"] == ["Fruit"]
    # Over a person's own earlier value: an undo goes back to that, not to the catalogue's.
    one = reviewer.accept([first], "anna")
    assert source(cluster, generation.index, "apple")["category"] == ["Shoes", "Boots"]
    reviewer.ledger.add([("apple", _suggestion("Fruit"), ["Shoes", "Boots"])], "2999-01-01T00:00:00.000000+00:00")
    (second,) = [s.id for s in reviewer.ledger.find(Wanted()).suggestions]
    two = reviewer.accept([second], "bob")
    assert source(cluster, generation.index, "apple")["category"] == ["Fruit"]
    blocked = reviewer.undo(one.operation or 0, "anna")
    assert (blocked.operation, blocked.conflicts[0].code, blocked.conflicts[0].by) == (None, "edited", "bob")
    reviewer.undo(two.operation or 0, "anna")
    assert source(cluster, generation.index, "apple")["category"] == ["Shoes", "Boots"]


def _suggestion(value: str):  # type: ignore[no-untyped-def]
    from plugin_bridge.tagging.suggesting import Suggestion

    return Suggestion("category", value, 0.9, True, "tiny")


def test_what_was_refused_is_not_suggested_again(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    before = source(cluster, generation.index, "apple")
    (number,) = suggest(("apple", "tags", "crunchy", 0.7))
    outcome = reviewer.refuse([number], "anna")
    assert source(cluster, generation.index, "apple") == before
    assert suggest(("apple", "tags", "crunchy", 0.99)) == []
    reviewer.undo(outcome.operation or 0, "anna")
    assert len(suggest(("apple", "tags", "crunchy", 0.99))) == 1


def test_nothing_is_suggested_that_a_product_has_or_a_person_has_decided(reviewer: Reviewer, suggest: Suggest) -> None:
    assert suggest(("boot", "category", "Shoes > Boots", 0.9), ("boot", "tags", "outdoor", 0.9)) == []
    (number,) = suggest(("boot", "colour", "black", 0.9))
    reviewer.accept([number], "anna")
    assert suggest(("boot", "colour", "red", 0.99)) == []


def test_one_of_several_values_closes_the_others_until_it_is_undone(reviewer: Reviewer, suggest: Suggest) -> None:
    best, other = suggest(("blank", "category", "Fruit", 0.7), ("blank", "category", "Shoes", 0.2))
    outcome = reviewer.accept([best], "anna")
    assert state(reviewer, other) == "superseded"
    conflict = reviewer.accept([other], "bob").conflicts[0]
    assert (conflict.code, conflict.by) == ("decided", "anna")
    reviewer.undo(outcome.operation or 0, "anna")
    assert (state(reviewer, best), state(reviewer, other)) == ("open", "open")
    both = reviewer.accept([best, other], "bob")
    assert [one.suggestion for one in both.decided] == [best]
    assert both.conflicts[0].code == "decided"


def test_two_people_at_once_one_wins_and_the_other_is_told(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (number,) = suggest(("blank", "colour", "red", 0.9))
    outcomes = {}
    ready = threading.Barrier(2)

    def decide(name: str) -> None:
        ready.wait()
        if name == "anna":
            outcomes[name] = reviewer.accept([number], name)
        else:
            outcomes[name] = reviewer.correct(number, "blue", name)

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("anna", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [name for name, outcome in outcomes.items() if outcome.decided]
    assert len(winners) == 1
    loser = next(outcome for name, outcome in outcomes.items() if name not in winners)
    assert (loser.conflicts[0].code, loser.conflicts[0].by) == ("decided", winners[0])
    wanted = {"anna": "red", "bob": "blue"}[winners[0]]
    assert source(cluster, generation.index, "blank")["colour"] == wanted


def test_different_tags_at_once_all_arrive(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    numbers = suggest(*(("blank", "tags", f"tag{n}", 0.9) for n in range(8)))
    outcomes = []
    threads = [
        threading.Thread(target=lambda one=one: outcomes.append(reviewer.accept([one], "anna"))) for one in numbers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reviewer.repair()
    assert sorted(source(cluster, generation.index, "blank")["tags"]) == [f"tag{n}" for n in range(8)]
    assert sum(len(one.decided) for one in outcomes) == 8


def test_a_persons_later_edit_is_never_overwritten(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    old, _ = suggest(("apple", "colour", "green", 0.9), ("apple", "tags", "x", 0.2))
    # Bob sees a later suggestion for the same field and takes it; Anna's list is older.
    reviewer.ledger.add([("apple", _colour("red"), None)], "2999-01-01T00:00:00.000000+00:00")
    (newer,) = [s.id for s in reviewer.ledger.find(Wanted(field="colour")).suggestions]
    reviewer.accept([newer], "bob")
    conflict = reviewer.accept([old], "anna").conflicts[0]
    assert (conflict.code, conflict.by) == ("decided", None)  # a newer run took its place
    assert source(cluster, generation.index, "apple")["colour"] == "red"


def _colour(value: str):  # type: ignore[no-untyped-def]
    from plugin_bridge.tagging.suggesting import Suggestion

    return Suggestion("colour", value, 0.9, True, "tiny")


def test_a_mark_of_another_machine_counts_too(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    """Two bridges with databases of their own meet in the index."""
    (number,) = suggest(("apple", "colour", "green", 0.9))
    since = "2999-01-01T00:00:00.000000+00:00"
    mark = {"field": "colour", "value": "red", "by": "carol", "stamp": f"{since}#1", "since": since}
    reviewed = {"own": {"colour": None}, "marks": [mark | {"active": True}]}
    doc = {"colour": "red", "kindred_reviewed": reviewed, "kindred_reviewed_fields": ["colour"]}
    cluster.request("POST", path(generation.index, "_update", "apple"), {"doc": doc})
    conflict = reviewer.accept([number], "anna").conflicts[0]
    assert (conflict.code, conflict.by, conflict.at) == ("edited", "carol", "2999-01-01T00:00:00Z")
    assert "was set to 'red' by carol" in conflict.message
    assert source(cluster, generation.index, "apple")["colour"] == "red"
    assert state(reviewer, number) == "open"
    assert reviewer.refuse([number], "anna").decided  # a refusal changes nothing in the product


def test_a_value_that_the_catalogue_changed_since(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (number,) = suggest(("boot", "colour", "black", 0.9))
    cluster.request("POST", path(generation.index, "_update", "boot"), {"doc": {"colour": "grey", "price": 5}})
    conflict = reviewer.accept([number], "anna").conflicts[0]
    assert conflict.code == "changed"
    assert "'brown' when this was suggested and is 'grey' now" in conflict.message
    again = suggest(("boot", "colour", "black", 0.9))
    assert reviewer.accept(again, "anna").decided


def test_a_product_that_was_deleted(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    number, tag = suggest(("blank", "colour", "red", 0.9), ("boot", "tags", "x", 0.9))
    outcome = reviewer.accept([tag], "anna")
    for product in ("blank", "boot"):
        cluster.request("DELETE", path(generation.index, "_doc", product))
    conflict = reviewer.accept([number], "anna").conflicts[0]
    assert (conflict.code, conflict.message) == ("gone", "there is no product 'blank' any more")
    assert state(reviewer, number) == "gone"
    assert reviewer.undo(outcome.operation or 0, "anna").conflicts[0].code == "gone"
    assert reviewer.accept([99_999], "anna").conflicts[0].code == "unknown"


def test_a_category_that_no_longer_exists(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    (number,) = suggest(("blank", "category", "Shoes > Trainers", 0.9))
    cluster.request("DELETE", path(generation.index, "_doc", "shoe"), params={"refresh": True})
    conflict = reviewer.accept([number], "anna").conflicts[0]
    assert conflict.code == "no_category"
    assert "'Shoes > Trainers' does not exist in the catalogue any more" in conflict.message
    assert reviewer.correct(number, "Boots > Shoes", "anna").conflicts[0].code == "no_category"
    assert reviewer.correct(number, "Shoes", "anna").decided  # a level above others is a category too
    (other,) = suggest(("a/b c", "category", "Fruit", 0.9))
    assert reviewer.correct(other, "Nuts", "anna", new=True).decided
    assert source(cluster, generation.index, "a/b c")["category"] == ["Nuts"]


def test_in_bulk_with_preview_and_undo(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    suggest(
        ("blank", "category", "Fruit", 0.9),
        ("blank", "category", "Shoes", 0.85),
        ("a/b c", "category", "Shoes", 0.95),
        ("apple", "category", "Shoes", 0.3),
        ("apple", "tags", "fresh", 0.99),
    )
    wanted = Wanted(field="category", min_confidence=0.8)
    preview = reviewer.preview(wanted, "accept")
    assert (preview.count, preview.products, preview.conflicts) == (2, 2, ())
    assert preview.by_value == {"category: Fruit": 1, "category: Shoes": 1}
    assert [(c.product, c.before, c.after) for c in preview.changes] == [
        ("a/b c", None, ["Shoes"]),
        ("blank", None, ["Fruit"]),
    ]
    assert "category" not in source(cluster, generation.index, "blank")
    with pytest.raises(RequestError, match="not those that the preview showed") as refusal:
        reviewer.bulk(wanted, "refuse", preview.token, "anna")
    assert refusal.value.status == 409
    outcome = reviewer.bulk(wanted, "accept", preview.token, "anna")
    assert len(outcome.decided) == 2
    assert source(cluster, generation.index, "a/b c")["category"] == ["Shoes"]
    with pytest.raises(RequestError, match="not those that the preview showed"):
        reviewer.bulk(wanted, "accept", preview.token, "anna")
    assert len(reviewer.undo(outcome.operation or 0, "anna").decided) == 2
    assert source(cluster, generation.index, "a/b c").get("category") is None


def test_fields_that_nobody_may_set(reviewer: Reviewer, suggest: Suggest) -> None:
    numbers = suggest(("blank", "title", "Other", 0.9), ("blank", "kindred_text_hash", "x", 0.9))
    outcome = reviewer.accept(numbers, "anna")
    assert [one.code for one in outcome.conflicts if one.code == "refused"]
    assert outcome.decided == ()
