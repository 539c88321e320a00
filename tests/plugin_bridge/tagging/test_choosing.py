"""How a field is learned is chosen by what was left out, and never ends worse than where it started."""

import numpy as np
import pytest

from plugin_bridge.tagging import choosing
from plugin_bridge.tagging.choosing import best_fit, evened, worth
from plugin_bridge.tagging.ridge import Features, Fitted, Setting


def shop(*, seen: bool, seed: int = 3) -> tuple[Features, np.ndarray]:
    """Products of three values, one of them rare; words tell most of it, and the photo something or nothing at all."""
    chance = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [50, 50, 6])
    words = chance.normal(size=(len(labels), 8)) + 1.5 * np.eye(8)[labels]
    photo = chance.normal(size=(len(labels), 60))
    photo[:, :3] += 20 * np.eye(3)[labels] * seen
    return Features([words, photo]), np.eye(3)[labels]


@pytest.mark.parametrize("seen", [False, True])
def test_what_is_chosen_is_at_least_as_good_as_what_it_started_from(seen):
    features, targets = shop(seen=seen)
    rows, first = np.arange(len(targets)), Setting((2.0, 1.0))
    start = worth(features.fit(targets, rows, first).held_out, targets, many=False)
    setting, fitted = best_fit(features, targets, rows, first, photo=True, many=False)
    assert worth(fitted.held_out, targets, many=False) >= start
    again = features.fit(targets, rows, setting)
    np.testing.assert_allclose(fitted.held_out, again.held_out)


def test_a_photo_that_shows_nothing_is_not_looked_at_and_one_that_tells_is():
    found = {}
    for seen in (False, True):
        features, targets = shop(seen=seen)
        setting, _ = best_fit(features, targets, np.arange(len(targets)), Setting((2.0, 1.0)), photo=True, many=False)
        found[seen] = setting.weights[-1]
    assert found[False] < found[True]


def test_where_a_product_has_many_values_only_the_photo_is_weighed():
    features, targets = shop(seen=False)
    setting, _ = best_fit(features, targets, np.arange(len(targets)), Setting((2.0, 1.0)), photo=True, many=True)
    assert (setting.lift, setting.penalty) == (1.0, Setting(()).penalty)


def test_other_blocks_are_mixed_as_is_best_and_the_photo_is_weighed_beside_them():
    features, targets = shop(seen=False)
    rows, first = np.arange(len(targets)), Setting((0.0, 1.0))
    setting, _ = best_fit(features, targets, rows, first, photo=True, many=False, mixes=[(0.0,), (2.0,)])
    assert setting.weights[0] == 2


def test_among_many_products_a_part_of_them_chooses_and_all_are_learned(monkeypatch):
    features, targets = shop(seen=True)
    monkeypatch.setattr(choosing, "MOST_CHOOSING", 50)
    rows, first = np.arange(len(targets)), Setting((2.0, 0.0))
    setting, fitted = best_fit(features, targets, rows, first, photo=True, many=False)
    np.testing.assert_allclose(fitted.held_out, features.fit(targets, rows, setting).held_out)
    assert setting.weights[-1] > 0


def test_common_values_answer_less_where_that_gives_clearly_better_answers():
    labels = np.repeat([0, 1], [90, 10])
    targets = np.eye(2)[labels]
    step = 0.1 * (np.log(90) - np.log(10)) / 2  # what 0.1 takes from value 0 more than from value 1, sharpness 2

    def told(behind: float) -> Fitted:
        """Scores by which products of value 0 are told, and those of value 1 are `behind`."""
        return Fitted((), np.zeros(2), np.stack([np.where(labels, behind, 1.0), np.zeros(100)], axis=1))

    for behind, share in ((0.5 * step, 0.1), (1.5 * step, 0.2), (2.5 * step, 0.3)):
        found = evened(told(behind), targets, 2.0)
        np.testing.assert_allclose(found.bias, -share * np.log([90, 10]) / 2)
        np.testing.assert_allclose(found.held_out - found.bias, told(behind).held_out)
        assert (found.held_out.argmax(axis=1) == labels).all()
    for kept in (told(3.5 * step), told(-1.0)):  # too far behind, and told already
        assert evened(kept, targets, 2.0) is kept


def test_worth_is_the_mean_of_accuracy_and_macro_f1():
    targets = np.eye(3)[[0, 0, 0, 1]]
    scores = np.eye(3)[[0, 0, 1, 1]]
    # Value 2 neither comes nor is answered: it does not count. F1 of 0 is 4/5, of 1 it is 2/3.
    assert worth(scores, targets, many=False) == pytest.approx((0.75 + (0.8 + 2 / 3) / 2) / 2, abs=1e-3)
    assert worth(targets, targets, many=False) > worth(0.9 * targets, targets, many=False)
    assert worth(targets, targets, many=True) == 0
