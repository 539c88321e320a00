"""What is suggested from probabilities: calibrated, cut where it gets unsure, several where there may be several."""

import numpy as np
import pytest

from plugin_bridge.tagging.deciding import Decider, fit_decider

PATHS = ("Apparel > Shirts", "Apparel > Tops", "Shoes > Boots")


def fitted(many: bool = False, name: str = "colour", seed: int = 3) -> Decider:
    """A decider of a tagger that is right as often as it says, over values a, b, c."""
    chance = np.random.default_rng(seed)
    values = PATHS if name == "category" else ("a", "b", "c")
    chances = chance.dirichlet((3, 0.3, 0.2), size=2000)
    truth = [(values[chance.choice(3, p=one)],) for one in chances]
    return fit_decider(name, [values] * 2000, list(chances), truth, many=many)


def test_one_value_is_suggested_with_its_confidence():
    found = fitted().decide(("a", "b", "c"), np.array([0.1, 0.6, 0.3]), "m")
    assert [(one.field, one.value, one.sure, one.model) for one in found] == [("colour", "b", False, "m")]
    assert found[0].confidence == pytest.approx(0.6, abs=0.1)
    assert fitted().decide(("a", "b", "c"), np.array([0.999, 0.0005, 0.0005]), "m")[0].sure


def test_several_tags_are_suggested_the_surest_first():
    found = fitted(many=True).decide(("a", "b", "c"), np.array([0.3, 0.9, 0.01]), "m")
    assert [one.value for one in found] == ["b", "a"]


def test_a_category_is_cut_and_its_best_guess_follows():
    decider = fitted(name="category")
    cut = decider.decide(PATHS, np.array([0.52, 0.479, 0.001]), "m")
    assert [(one.value, one.sure) for one in cut] == [("Apparel", True), ("Apparel > Shirts", False)]
    assert cut[0].confidence >= cut[1].confidence
    whole = decider.decide(PATHS, np.array([0.999, 0.0005, 0.0005]), "m")
    assert [(one.value, one.sure) for one in whole] == [("Apparel > Shirts", True)]
    unsure = decider.decide(PATHS, np.array([0.4, 0.1, 0.5]), "m")
    assert [(one.value, one.sure) for one in unsure] == [("Shoes > Boots", False)]


def test_without_candidates_nothing_is_suggested():
    assert fitted().decide((), np.array([]), "m") == []
    assert fit_decider("colour", [()], [np.array([])], [("a",)], many=False) == Decider("colour")


def test_what_was_never_calibrated_is_never_sure():
    assert not Decider("colour").decide(("a",), np.array([1.0]), "m")[0].sure


def test_a_decider_is_written_and_read():
    for decider in (fitted(), fitted(name="category")):
        assert Decider.from_json(decider.to_json()) == decider
