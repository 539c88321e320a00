"""Words as a tagger reads them, against scikit-learn's TF-IDF."""

import numpy as np
import pytest

from plugin_bridge.tagging.words import Words, kind_of, learn_words, ngrams, shown

TEXTS = ["red cotton shirt", "blue cotton shirt blue", "brown leather boots", "a b c"]


def dense(words: Words, text: str, *, letters: bool) -> dict[str, float]:
    places, weights = words.read(text)
    found = {words.terms[place]: weight for place, weight in zip(places.tolist(), weights.tolist(), strict=True)}
    kinds = ("letters",) if letters else ("word", "run")
    return {term.lstrip("\x00"): weight for term, weight in found.items() if kind_of(term) in kinds}


@pytest.mark.parametrize("letters", [False, True])
def test_weights_are_those_of_scikit_learn(letters):
    from sklearn.feature_extraction.text import TfidfVectorizer

    options = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2} if letters else {"ngram_range": (1, 2)}
    theirs = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", **options).fit(TEXTS)
    words = learn_words(TEXTS)
    for text in TEXTS:
        row = theirs.transform([text]).toarray()[0]
        expected = {term: row[place] for term, place in theirs.vocabulary_.items() if row[place]}
        assert dense(words, text, letters=letters) == pytest.approx(expected, rel=1e-5)


def test_chinese_words_are_those_of_a_dictionary_and_characters_are_its_letters():
    words, letters, pairs = ngrams("Nike 红色运动鞋")
    assert set(words) == {"nike", "红色", "运动鞋"}
    assert set(letters) >= {"\x00ni", "\x00 nike", "\x00红", "\x00色运", "\x00运动鞋"} and not pairs


def test_japanese_is_read_in_neighbouring_characters():
    words, letters, _ = ngrams("赤い靴")
    assert set(words) == {"赤", "い", "靴", "赤い", "い靴", "赤い靴"} and not letters


def test_a_tagger_that_learned_chinese_by_characters_alone_is_refused_and_an_english_one_is_not():
    old = {"terms": ["red", "\x00re"], "rarity": [1.0, 1.0]}
    assert len(Words.from_json(old)) == 2
    with pytest.raises(ValueError, match="train it again"):
        Words.from_json(old | {"terms": ["red", "红色"]})


def test_two_words_of_a_title_are_a_pair_wherever_they_stand():
    first, second = (ngrams(text)[2] for text in ("Puma Men Sandals", "sandals by PUMA, sandals"))
    assert len(first) == 3 and set(first) & set(second) == {"\x01puma sandals"}
    words = learn_words(["Puma Men Sandals", "sandals by PUMA", "Nike"])
    (place,) = words.of_kind("pair")
    assert words.terms[place] == "\x01puma sandals" and shown(words.terms[place]) is None
    places, weights = words.read("puma green sandals")
    assert weights[places == place] == [1.0]


def test_a_long_text_pairs_the_words_of_its_beginning():
    words, _, pairs = ngrams(" ".join(f"word{number}" for number in range(200)))
    assert len(words) > 200 and len(pairs) == 16 * 15 / 2


def test_case_and_width_do_not_matter():
    assert ngrams("ＮＩＫＥ Shirt") == ngrams("nike SHIRT")


def test_unknown_words_are_left_out():
    places, weights = learn_words(TEXTS).read("zzz qqq")
    assert places.dtype == np.int64 and weights.dtype == np.float32 and len(places) == len(weights) == 0


def test_the_commonest_are_kept():
    assert len(learn_words(TEXTS, most=3)) == 3


def test_words_are_written_and_read():
    words = learn_words(TEXTS)
    assert Words.from_json(words.to_json()) == words
