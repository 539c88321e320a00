"""Better, worse or cannot tell: written as arithmetic."""

import math

import pytest

from plugin_bridge.releases import verdicts
from plugin_bridge.releases.verdicts import BETTER, CANNOT_TELL, WORSE, Measure


def measure(low: float, high: float, enough: bool = True) -> Measure:
    return Measure(0.5, 0.5, (low + high) / 2, low, high, 100, enough)


def test_the_difference_of_means_is_paired():
    live = [0.1 * (place % 10) for place in range(40)]
    candidate = [score + 0.05 for score in live]
    found = verdicts.mean_difference(live, candidate)
    # Queries differ by up to 0.9, the gain is the same for each: a paired interval has no width.
    assert found.difference == pytest.approx(0.05)
    assert (found.low, found.high) == (pytest.approx(0.05), pytest.approx(0.05))
    assert found.enough and verdicts.verdict([found]) == BETTER
    assert verdicts.verdict([verdicts.mean_difference(candidate, live)]) == WORSE
    assert verdicts.verdict([verdicts.mean_difference(live, live)]) == CANNOT_TELL


def test_few_cases_cannot_tell():
    found = verdicts.mean_difference([0.0] * 9, [1.0] * 9)
    assert not found.enough and verdicts.verdict([found]) == CANNOT_TELL
    assert verdicts.verdict([]) == CANNOT_TELL


def test_one_measure_that_surely_lost_is_worse_whatever_the_others_say():
    assert verdicts.verdict([measure(0.01, 0.03), measure(-0.02, 0.01)]) == BETTER
    assert verdicts.verdict([measure(0.01, 0.03), measure(-0.03, -0.01)]) == WORSE
    assert verdicts.verdict([measure(-0.03, -0.01, enough=False)]) == CANNOT_TELL


def test_the_difference_of_f1():
    truth = [1, 0] * 20
    right, wrong = [True, False] * 20, [True, True] * 20
    found = verdicts.f1_difference(truth, wrong, right)
    assert found.live == pytest.approx(2 * 20 / (20 + 40)) and found.candidate == 1.0
    assert found.low > 0 and found.cases == 40 and found.enough
    assert not verdicts.f1_difference([1] * 40, wrong, right).enough  # no dissimilar pair at all


def test_what_moves_most_is_judged_next_and_what_is_judged_is_not():
    live, candidate = {"sofa": ["a", "b", "c"]}, {"sofa": ["c", "b", "d"]}
    found = verdicts.judge_next({"sofa": {"a": 3}}, live, candidate)
    # c: from rank 3 to 1, 1 - 1/log2(4) = 0.5; d: from nowhere to 3, 1/log2(4) = 0.5; b did not move.
    assert 1 - 1 / math.log2(4) == 0.5
    assert found == [{"query": "sofa", "product": "c"}, {"query": "sofa", "product": "d"}]
    many = {str(number): [f"p{number}"] for number in range(100)}
    assert len(verdicts.judge_next({}, many, {query: ["x"] for query in many})) == verdicts.JUDGE_NEXT


def test_the_most_changed_queries_come_first_and_unchanged_ones_not_at_all():
    live = {"same": ["a", "b"], "order": ["a", "b"], "other": ["a", "b"]}
    candidate = {"same": ["a", "b"], "order": ["b", "a"], "other": ["a", "c"]}
    assert verdicts.most_changed(live, candidate) == [("other", 0.5), ("order", 1.0)]
    assert verdicts.overlap([], []) == 1.0 and verdicts.overlap(["a"], []) == 0.0
