"""nDCG through ir-measures, against the formula written out."""

import math

import pytest

from plugin_bridge.evaluation.metrics import ndcg


def dcg(grades: list[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def test_gain_is_two_to_the_grade_less_one_and_unjudged_is_zero() -> None:
    judgments = {"q": {"best": 3, "good": 2, "fair": 1, "bad": 0}}
    found = ndcg(judgments, {"q": ["good", "never judged", "best", "bad"]})
    # Gains 3, 0, 7, 0 at ranks 1 to 4; the ideal is 7, 3, 1, and counts "fair" though it was not found.
    assert found["q"] == pytest.approx((3 + 7 / math.log2(4)) / (7 + 3 / math.log2(3) + 1 / math.log2(4)))
    assert found["q"] == pytest.approx(dcg([2, 0, 3, 0]) / dcg([3, 2, 1]))


def test_only_the_first_ten_count_in_ranking_and_ideal() -> None:
    judgments = {"q": {f"p{place}": 3 for place in range(12)}}
    ten = [f"p{place}" for place in range(10)]
    assert ndcg(judgments, {"q": ten})["q"] == pytest.approx(1.0)
    late = [f"unjudged{place}" for place in range(10)] + ten
    assert ndcg(judgments, {"q": late})["q"] == 0.0
    assert ndcg(judgments, {"q": ten[:1]}, depth=1)["q"] == pytest.approx(1.0)


def test_the_order_given_is_the_order_scored_whatever_the_ids_are() -> None:
    judgments = {"q": {"z": 1, "a": 0}}
    assert ndcg(judgments, {"q": ["z", "a"]})["q"] == pytest.approx(1.0)
    assert ndcg(judgments, {"q": ["a", "z"]})["q"] == pytest.approx(1 / math.log2(3))
    judgments = {"q": {"a": 1, "z": 0}}
    assert ndcg(judgments, {"q": ["z", "a"]})["q"] == pytest.approx(1 / math.log2(3))


def test_grades_of_other_scales_have_their_gain() -> None:
    judgments = {"q": {"a": 4, "b": 10}}
    assert ndcg(judgments, {"q": ["a", "b"]})["q"] == pytest.approx(dcg([4, 10]) / dcg([10, 4]))


def test_every_judged_query_has_a_score() -> None:
    judgments = {"found": {"a": 1}, "nothing came back": {"a": 3}, "all bad": {"a": 0}}
    found = ndcg(judgments, {"found": ["a"], "nothing came back": [], "all bad": ["a"], "not judged": ["a"]})
    assert found == {"found": pytest.approx(1.0), "nothing came back": 0.0, "all bad": 0.0}


def test_a_product_twice_in_a_ranking_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ndcg({"q": {"a": 1}}, {"q": ["a", "a"]})
