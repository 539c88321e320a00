"""Votes of neighbours: arithmetic, and a ballot fitted on votes that are right as often as they say."""

import math

import numpy as np
import pytest

from plugin_bridge.tagging.neighbours import evidence
from plugin_bridge.tagging.voting import Neighbour, fit_ballot, votes


def near(similarity: float, value: str | None, identity: str = "n") -> Neighbour:
    return Neighbour(identity, f"title {identity}", similarity, {} if value is None else {"colour": (value,)})


def test_the_nearer_weighs_more():
    found = votes([near(0.8, "red"), near(0.9, "blue"), near(0.7, None)], "colour", 5, 10.0)
    weight = math.exp(-10 * 0.1)
    assert found == pytest.approx({"blue": 1 / (1 + weight), "red": weight / (1 + weight)})
    assert list(found) == ["blue", "red"]


def test_only_so_many_vote_and_those_without_the_field_do_not():
    found = votes([near(0.9, None), near(0.8, "red"), near(0.7, "blue")], "colour", 1, 10.0)
    assert found == {"red": 1.0}
    assert votes([near(0.9, None)], "colour", 5, 10.0) == {}


def test_a_ballot_is_fitted_on_products_left_out_of_their_own_vote():
    chance = np.random.default_rng(6)
    asked, truth = [], []
    for _ in range(400):
        true = str(chance.choice(["red", "blue"]))
        other = "blue" if true == "red" else "red"
        asked.append([near(float(chance.uniform(0.5, 1)), true if chance.random() < 0.75 else other) for _ in range(5)])
        truth.append((true,))
    ballot = fit_ballot("colour", asked, truth, many=False, precision=0.95)
    agreed = [near(0.9, "red")] * 5
    shares = ballot.votes(agreed)
    made = ballot.decider.decide(tuple(shares), np.array(list(shares.values())), "neighbours")
    assert made[0].value == "red" and made[0].sure and made[0].confidence > 0.9
    split = ballot.votes([near(0.9, "red"), near(0.9, "blue")])
    assert not ballot.decider.decide(tuple(split), np.array(list(split.values())), "neighbours")[0].sure


def test_evidence_is_the_nearest_that_agree():
    paths = [
        Neighbour("a", "Boot", 0.9, {"category": ("Shoes > Boots",)}),
        Neighbour("b", "Sandal", 0.8, {"category": ("Shoes > Sandals",)}),
        Neighbour("c", "Hat", 0.95, {"category": ("Hats",)}),
    ]
    assert [one["id"] for one in evidence(paths, "category", "Shoes")] == ["a", "b"]
    assert [one["id"] for one in evidence(paths, "category", "Shoes > Sandals")] == ["b"]
