"""Cross-validation by query."""

from collections import Counter

import numpy as np
import pytest

from plugin_bridge.evaluation.tuning import cross_validate, fold_of

QUERIES = [f"q{number}" for number in range(53)]


def test_folds_are_equally_large_and_do_not_depend_on_the_order() -> None:
    fold = fold_of(QUERIES, folds=5)
    assert sorted(Counter(fold.values()).values()) == [10, 10, 11, 11, 11]  # 53 = 3 * 11 + 2 * 10
    assert fold_of(reversed(QUERIES), folds=5) == fold
    assert fold_of(QUERIES, folds=5, repeat=1) != fold


def test_one_setting_is_its_own_score() -> None:
    scores = {query: float(place) for place, query in enumerate(QUERIES)}
    found = cross_validate({"only": scores})
    assert found.scores == scores
    assert found.chosen == {"only": 15}  # 5 folds, 3 times


def test_a_setting_that_is_better_everywhere_is_taken_everywhere() -> None:
    low, high = (dict.fromkeys(QUERIES, value) for value in (0.4, 0.6))
    found = cross_validate({"low": low, "high": high})
    assert found.mean == pytest.approx(0.6)
    assert set(found.chosen) == {"high"}


def test_what_only_luck_makes_good_is_worth_no_more_than_luck() -> None:
    chance = np.random.default_rng(3)
    table = {setting: dict(zip(QUERIES, chance.uniform(size=53).tolist(), strict=True)) for setting in range(300)}
    best = max(np.mean(list(scores.values())) for scores in table.values())
    found = cross_validate(table)
    # 300 settings of pure noise around 0.5 with a deviation of 0.289 / sqrt(53) = 0.04: the best looks 0.1 better.
    assert best > 0.58
    assert found.mean == pytest.approx(0.5, abs=0.08)
    assert found.mean < best - 0.03


def test_a_query_is_never_scored_by_a_setting_chosen_with_it() -> None:
    # Setting q is right for query q alone, so whoever chose with q in sight would score 1 on it.
    table = {setting: {query: float(query == setting) for query in QUERIES} for setting in QUERIES}
    assert cross_validate(table).mean == 0.0


def test_uneven_tables_and_too_few_queries_are_refused() -> None:
    with pytest.raises(ValueError, match="same queries"):
        cross_validate({"a": {"q1": 1.0}, "b": {"q2": 1.0}})
    with pytest.raises(ValueError, match="at least 5"):
        cross_validate({"a": {"q1": 1.0}})
