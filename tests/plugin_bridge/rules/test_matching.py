"""Which words a pattern fits, also where somebody means to make it slow."""

import time

import pytest

from plugin_bridge.rules.matching import MOST_WORDS, matcher, normalised, problem_of_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("boots", "red boots", True),
        ("boots", "red bootstrap", False),
        ("boot*", "red bootstrap", True),
        ("winter boot*", "boots for winter", True),
        ("winter boot*", "boots for summer", False),
        ("b?ots", "boots, please", True),
        ("*", "anything", True),
        ("*", "", True),
        ("boot*", "", False),
        ("[ab]oots", "aoots", False),
        ("[ab]oots", "[ab]oots", True),
        ("手机", "华为手机壳", True),
        ("手机", "电脑", False),
    ],
)
def test_a_pattern_is_words_in_any_order(pattern: str, text: str, fits: bool) -> None:
    assert matcher(pattern)(normalised(text)) is fits


def test_width_case_and_spaces_do_not_matter() -> None:
    assert normalised("  ＲＥＤ   Boots\t") == "red boots"
    assert matcher("STRASSE")(normalised("Straße"))


def test_no_pattern_takes_long() -> None:
    evil = "*a" * 49 + "b"
    fits = matcher(evil)
    began = time.perf_counter()
    assert not fits(" ".join(["a" * 2000] * 200))
    assert time.perf_counter() - began < 5  # milliseconds; what blows up would take longer than the universe is old


def test_what_is_no_pattern_is_said() -> None:
    assert "at most" in problem_of_pattern(" ".join(["a"] * (MOST_WORDS + 1)))
    assert "letter" in problem_of_pattern("boots *")
    assert "letter" in problem_of_pattern("??")
    assert problem_of_pattern("*") == problem_of_pattern("boot* ?ed") == ""
