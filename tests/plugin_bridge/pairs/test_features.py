"""What is compared of two products, and what each feature says."""

import math

import numpy as np
import pytest

from plugin_bridge.pairs.explaining import explain
from plugin_bridge.pairs.features import Comparer
from plugin_bridge.pairs.items import codes, item_of, measures
from plugin_bridge.pairs.reading import Pair
from plugin_bridge.pairs.weights import cosine, grams, learn_weights

MOUSE = {"title": "Logitech M185 wireless mouse, black", "brand": "Logitech", "price": 14.99}
SAME = {"name": "wireless mouse m-185 noir (logitech)", "price": "$15.50"}
OTHER = {"title": "Logitech M330 silent mouse, red", "brand": "logitech", "price": 29.0}


@pytest.fixture(scope="module")
def comparer() -> Comparer:
    return Comparer(learn_weights(item_of(one).whole for one in (MOUSE, SAME, OTHER)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("case for mb13-pnk-see-v2", ["mb13pnkseev2"]),
        ("drive 2.5 inch 120gb", []),
        ("part 637414-b21", ["637414b21"]),
        ("ean 4006381333931", ["4006381333931"]),
        ("office 2007", []),
    ],
)
def test_model_numbers(text: str, found: list[str]) -> None:
    assert codes(text) == found


def test_measures_have_one_name_a_unit() -> None:
    assert measures('27" monitor, 8 gb ram, 500gb disk') == {"in": {27.0}, "gb": {8.0, 500.0}}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("card 2048 MB", "card 2GB"),
        ("disk 1TB", "disk 1000 gb"),
        ("disk 1024gb", "disque 1To"),
        ("2400mhz", "2.4 GHz"),
        ("1.5 l", "1500ml"),
    ],
)
def test_measures_of_one_kind_are_compared_in_one_unit(one: str, two: str) -> None:
    assert measures(one.lower()) == measures(two.lower()) != {}


def test_a_rate_is_no_capacity_and_a_word_no_unit() -> None:
    assert measures("500gb sata 6gb/s") == {"gb": {500.0}, "gb/s": {6.0}}
    assert measures("usb 3 to serial") == {}
    assert codes("sata 6gb/s") == []


def test_siblings_differ_at_an_end(comparer: Comparer) -> None:
    found = comparer.features({"title": "ram hx424c15fb/4 cl15"}, {"title": "ram hx424c15fb/16 cl15"})
    assert found["siblings_begin"] == pytest.approx(10 / 11) and found["siblings_end"] == 0
    assert math.isnan(comparer.features(MOUSE, SAME)["siblings_begin"])
    one = comparer.weights.of_word
    assert found["digits_shared"] == pytest.approx(one("hx424c15fb") + one("cl15"))
    assert found["digits_alone_less"] == pytest.approx(min(one("4"), one("16")))


def test_colours_and_people_in_other_languages_are_the_same_word() -> None:
    one, two = item_of({"title": "Nike Free - Schwarz/Weiß Damen"}), item_of({"title": "nike free noir/blanc femme"})
    assert one.words == two.words
    assert one.colours == two.colours == ("black", "white")
    assert one.wearers == two.wearers == {"women"}


def test_crawled_language_marks_are_no_words() -> None:
    assert item_of({"title": '"Puma evoPOWER 4.3"@it "scarpe "@it'}).words == ("puma", "evopower", "4", "3", "scarpe")


def test_features_do_not_depend_on_the_order(comparer: Comparer) -> None:
    for left, right in ((MOUSE, SAME), (MOUSE, OTHER), (SAME, OTHER), (MOUSE, {})):
        one, two = comparer.features(left, right), comparer.features(right, left)
        assert one.keys() == two.keys()
        np.testing.assert_allclose(list(one.values()), list(two.values()), rtol=1e-6, atol=1e-6)


def test_what_features_say(comparer: Comparer) -> None:
    same, other = comparer.features(MOUSE, SAME), comparer.features(MOUSE, OTHER)
    assert same["codes_shared"] == 1 and other["codes_contradict"] == 1
    assert same["price_ratio"] == pytest.approx(14.99 / 15.5)
    assert same["colours_agree"] == 1 and other["colours_contradict"] == 1
    assert same["brand_alike"] == 1.0
    assert math.isnan(comparer.features(MOUSE, {"title": "mouse"})["price_ratio"])


def test_empty_products_give_features_without_infinities(comparer: Comparer) -> None:
    rows, names = comparer.matrix([Pair({}, {}, 0), Pair(MOUSE, {"title": None, "price": "free"}, 0)])
    assert rows.shape == (2, len(names))
    assert not np.isinf(rows).any()


def test_a_long_text_is_cut() -> None:
    assert len(item_of({"title": "x", "description": "word " * 100_000}).text) <= 4000


def test_tf_idf_is_that_of_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["red shoe large", "red red hat", "blue shoe"]
    expected = TfidfVectorizer(sublinear_tf=True).fit_transform(texts)
    weights = learn_weights(texts)
    found = cosine(weights.word_vector(texts[0]), weights.word_vector(texts[1]))
    assert found == pytest.approx(float((expected[0] @ expected[1].T).toarray()[0, 0]), abs=1e-6)
    assert cosine(weights.word_vector(""), weights.word_vector("red")) == 0


def test_runs_of_characters_mark_the_ends_of_words() -> None:
    assert grams("ab") == [" ab", "ab ", " ab "]


def test_an_explanation_names_what_agrees_and_what_contradicts() -> None:
    told = explain(MOUSE, OTHER)
    assert {one.field for one in told.agree} == {"brand"}
    assert {one.field for one in told.contradict} == {"model number", "colour"}
    assert "m185" in told.only_left and "silent" in told.only_right and "mouse" in told.shared_words
    assert {one.field for one in explain(MOUSE, SAME).agree} == {"model number", "colour", "price"}
    assert explain({}, {}).to_json()["agree"] == ()
