"""Cleaning of text: markup, Unicode, control characters, white space."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.catalogue.text import Mended, clean_text


@pytest.mark.parametrize(
    ("given_text", "clean", "mended"),
    [
        ("Red mug", "Red mug", Mended.NOTHING),
        ("Salt &amp; pepper", "Salt & pepper", Mended.HTML),
        ("Salt &amp;amp; pepper", "Salt & pepper", Mended.HTML),
        ("H<sub>2</sub>O", "H2O", Mended.HTML),
        ("<p>One</p><p>Two<br/>three</p>", "One Two three", Mended.HTML | Mended.SPACE),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold", Mended.HTML),
        ("a<script>alert('x<y')</script>b", "a b", Mended.HTML),
        ("a<!-- <b> -->b", "a b", Mended.HTML),
        ("a<style>p { }", "a", Mended.HTML | Mended.SPACE),
        ("5 < 6 > 4 and x<y>z", "5 < 6 > 4 and x<y>z", Mended.NOTHING),
        ("I <3 mugs", "I <3 mugs", Mended.NOTHING),
        ("ＡＢＣ１２３", "ABC123", Mended.UNICODE),
        ("ﬁne café", "fine café", Mended.UNICODE),
        ("5½ inch", "5 1/2 inch", Mended.UNICODE),
        ("½ inch", "1/2 inch", Mended.UNICODE),
        ("咖啡杯", "咖啡杯", Mended.NOTHING),
        ("mug ☕ 👩‍🍳", "mug ☕ 👩‍🍳", Mended.NOTHING),
        ("a\x00b\x07c\x7f", "abc", Mended.CONTROL),
        ("zero\u200bwidth\ufeff", "zerowidth", Mended.CONTROL),
        ("  a \t\r\n b  ", "a b", Mended.SPACE),
        ("a\u00a0b", "a b", Mended.UNICODE),
        ("half \ud83d pair", "half pair", Mended.CONTROL | Mended.SPACE),
        ("", "", Mended.NOTHING),
    ],
)
def test_examples(given_text: str, clean: str, mended: Mended) -> None:
    assert clean_text(given_text) == (clean, mended)


pieces = st.sampled_from(["<b>", "</script>", "<script>", "&amp;", "&#x27;", "<!--", "-->", "½", "ﬁ", "<", ">", "\x00"])


@given(st.lists(st.one_of(st.text(max_size=8), pieces), max_size=20).map("".join))
def test_clean_text_is_normal_and_printable(text: str) -> None:
    clean, _ = clean_text(text)
    assert clean == " ".join(clean.split())
    assert clean.encode() or clean == ""
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="&<"), max_size=60))
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    once, _ = clean_text(text)
    assert clean_text(once) == (once, Mended.NOTHING)


@pytest.mark.parametrize("piece", ["<script>", "<!--", "<b ", "&lt;", "<style ", "</script", "< b", "\u00bd"])
def test_two_megabytes_of_hostile_markup_take_linear_time(piece: str) -> None:
    clean_text(piece * 1000)
    started = time.perf_counter()
    clean_text(piece * (2 * 2**20 // len(piece)))
    # Quadratic work on 2 MB takes minutes.
    assert time.perf_counter() - started < 10
