"""A lexicon learns from labels which words tell products apart, and in which order they come does not matter."""

import numpy as np
import pytest

from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.lexicon import learn_words, pair_words
from plugin_bridge.pairs.reading import Pair
from plugin_bridge.pairs.weights import SLOTS, learn_weights, slot

KINDS = ("office", "paint", "writer", "music", "photo", "garden", "chess", "taxes")


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(learn_weights(KINDS))


def _pairs() -> list[Pair]:
    """Pairs that differ by "upgrade" (other products) or by "retail" (the same)."""
    found = []
    for kind in KINDS:
        for word, label in (("upgrade", 0), ("retail", 1)):
            found.append(Pair({"title": f"{kind} suite"}, {"title": f"{kind} suite {word}"}, label))
    return found


def test_words_of_one_side_and_of_both(comparer: Comparer) -> None:
    words = pair_words(comparer, [Pair({"title": "red hose a"}, {"title": "hosepipe red"}, 0), Pair({}, {}, 0)])
    assert words.shape == (2, SLOTS)
    expected = {slot("2 red"), slot("1 a"), slot("1 hosepipe")}  # "hose" stands within "hosepipe"
    assert set(words[0].indices.tolist()) == expected
    assert words[0].data == pytest.approx([1 / np.sqrt(3)] * 3)
    assert words[1].nnz == 0


def test_it_learns_which_words_tell_products_apart(comparer: Comparer) -> None:
    pairs = _pairs()
    lexicon = learn_words(pair_words(comparer, pairs), np.asarray([pair.label for pair in pairs]))
    new = [Pair({"title": "poker suite"}, {"title": f"poker suite {word}"}, 0) for word in ("upgrade", "retail")]
    told = lexicon.logits(pair_words(comparer, new))
    assert told[0] < 0 < told[1]
    turned = pair_words(comparer, [Pair(pair.right, pair.left, 0) for pair in new])
    np.testing.assert_array_equal(lexicon.logits(turned), told)


def test_it_is_the_logistic_regression_of_scikit_learn(comparer: Comparer) -> None:
    from sklearn.linear_model import LogisticRegression

    pairs = [*_pairs(), *_pairs()[:5]]
    words, labels = pair_words(comparer, pairs), np.asarray([pair.label for pair in pairs])
    found = learn_words(words, labels).logits(words)
    other = LogisticRegression(C=10, solver="liblinear", tol=1e-8).fit(words, labels)  # it shrinks the constant, too
    np.testing.assert_allclose(found, other.decision_function(words), atol=1e-2)
