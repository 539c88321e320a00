"""What is told of decisions: precision over time, and training data."""

from datetime import UTC, datetime

import pytest

from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.evaluation.statistics import proportion_interval
from plugin_bridge.review.history import precision
from plugin_bridge.review.reviewer import Reviewer
from plugin_bridge.review.training import rows
from plugin_bridge.review.values import Wanted
from tests.plugin_bridge.review.conftest import Suggest

MONDAY, SUNDAY, NEXT = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (2, 8, 9))


def test_precision_by_week_and_model(reviewer: Reviewer, suggest: Suggest) -> None:
    numbers = suggest(*(("blank", "tags", f"t{n}", 0.5) for n in range(6)))
    reviewer._now = lambda: MONDAY
    reviewer.accept(numbers[:2], "anna")
    reviewer._now = lambda: SUNDAY
    reviewer.refuse([numbers[2]], "anna")
    reviewer.correct(numbers[3], "other", "anna")
    undone = reviewer.refuse([numbers[4]], "anna")
    reviewer._now = lambda: NEXT
    reviewer.accept([numbers[5]], "anna")
    reviewer.undo(undone.operation or 0, "anna")
    first, second = precision(reviewer.history.decisions())
    assert (first.week, first.model, first.field) == ("2026-03-02", "tiny", "tags")
    assert (first.decided, first.accepted, first.corrected, first.refused) == (4, 2, 1, 1)
    assert first.precision == 2 / 4
    assert (second.week, second.precision) == ("2026-03-09", 1.0)


def test_wilsons_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 is 0.2553 to 0.3662; 0 of 20 is 0 to 0.1611.
    assert proportion_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert proportion_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    with pytest.raises(ValueError, match="is no proportion"):
        proportion_interval(1, 0)


def test_decisions_become_training_data(
    cluster: Cluster, generation: Generation, reviewer: Reviewer, suggest: Suggest
) -> None:
    tag, bad, colour, undone = suggest(
        ("shoe", "tags", "new", 0.9), ("shoe", "tags", "old", 0.9), ("blank", "colour", "red", 0.9),
        ("apple", "tags", "x", 0.9),
    )  # fmt: skip
    reviewer.accept([tag], "anna")
    reviewer.refuse([bad], "anna")
    reviewer.correct(colour, "blue", "bob")
    reviewer.undo(reviewer.accept([undone], "anna").operation or 0, "anna")
    made = {row["id"]: row for row in rows(cluster, generation.index, reviewer.history.decisions())}
    assert made == {
        "shoe": {
            "id": "shoe",
            "title": "Running shoe",
            "category": ["Shoes", "Trainers"],
            "tags": ["sale", "new"],
            "reviewed": ["tags"],
            "refused": {"tags": ["old"]},
        },
        "blank": {
            "id": "blank",
            "title": "A thing without anything",
            "colour": "blue",
            "reviewed": ["colour"],
            "refused": {"colour": ["red"]},
        },
    }


def test_lists_are_filtered_and_paged(reviewer: Reviewer, suggest: Suggest) -> None:
    suggest(*(("blank", "tags", f"t{n}", n / 10) for n in range(10)), ("apple", "colour", "red", 0.95))
    page = reviewer.ledger.find(Wanted(field="tags"), size=3, offset=2)
    assert (page.total, [one.value for one in page.suggestions]) == (10, ["t7", "t6", "t5"])
    assert reviewer.ledger.find(Wanted(sure=True)).total == 3  # 0.8, 0.9 and 0.95
    assert reviewer.ledger.find(Wanted(sure=False, min_confidence=0.5, max_confidence=0.7)).total == 3
    assert reviewer.ledger.find(Wanted(product="apple", value="red", model="tiny")).total == 1
    assert reviewer.ledger.find(Wanted(model="another")).total == 0
    assert reviewer.ledger.find(Wanted(state="accepted")).total == 0
    one = reviewer.ledger.find(Wanted(product="apple")).suggestions[0]
    assert one.evidence == {"words": [{"word": "boot"}]}
