"""Cohen's kappa: worked by hand, and as scikit-learn has it."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from plugin_bridge.labels.agreement import agreement


def test_it_is_cohens() -> None:
    # Cohen's formula on [[20, 5], [10, 15]]: observed 35/50, by chance (25*30 + 25*20) / 50**2.
    observed, by_chance = 35 / 50, (25 * 30 + 25 * 20) / 50**2
    found = agreement([[[20, 5], [10, 15]]])
    assert found.kappa == pytest.approx((observed - by_chance) / (1 - by_chance), abs=1e-4)
    assert found.pairs == 50
    one = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
    other = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other), abs=1e-4)


def test_the_interval_is_that_of_the_large_sample_formula() -> None:
    # Fleiss, Cohen and Everitt (1969), simple form: se = sqrt(po (1 - po) / (n (1 - pe)^2)).
    po, pe, n = 0.7, 0.5, 500
    found = agreement([[[200, 50], [100, 150]]])
    assert found.low is not None and found.high is not None
    se = (po * (1 - po) / (n * (1 - pe) ** 2)) ** 0.5
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * se, rel=0.15)


def test_several_annotators_are_weighed_by_the_pairs_they_share() -> None:
    found = agreement([[[30, 0], [0, 30]], [[10, 10], [10, 10]]])
    assert found.kappa == pytest.approx((60 * 1.0 + 40 * 0.0) / 100, abs=1e-4)


def test_what_chance_alone_explains_has_no_kappa() -> None:
    assert agreement([]).kappa is None
    assert agreement([[[9, 0], [0, 0]]]).kappa is None
