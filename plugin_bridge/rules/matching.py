"""Which words a rule meets. A pattern is words, of which each must fit some word of the shopper's, in any order.

`*` in a word stands for any letters, `?` for one; a `*` alone meets every request, also one without words. Chinese is
not written in words: a Chinese part of a pattern may stand anywhere. Nothing here is a regular expression of a user's;
the ones that `fnmatch` writes take no longer than the length of the word times that of the pattern.
"""

import re
import unicodedata
from collections.abc import Callable
from fnmatch import translate
from functools import lru_cache

EVERYTHING = "*"
MOST_WORDS = 10
MOST_READ = 64  # words of a text, and letters of each, that are looked at
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def normalised(text: str) -> str:
    """Return words as rules compare them: one width, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def problem_of_pattern(pattern: str) -> str:
    """Return what is wrong with a pattern, empty where nothing is."""
    words = normalised(pattern).split()
    if len(words) > MOST_WORDS:
        return f"a pattern has at most {MOST_WORDS} words"
    if len(words) > 1 and any(not word.strip("*?") for word in words):
        return "a word of a pattern needs a letter; * alone meets everything"
    if len(words) == 1 and not words[0].strip("*?") and words[0] != EVERYTHING:
        return "a pattern needs a letter; * alone meets everything"
    return ""


@lru_cache(maxsize=10_000)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether normalised words fit a pattern."""
    pattern = normalised(pattern)
    if pattern == EVERYTHING:
        return lambda text: True
    parts = [_part(word) for word in pattern.split()]

    def fits(text: str) -> bool:
        words = [word[:MOST_READ] for word in text.split()[:MOST_READ]]
        return bool(words) and all(any(part(word) for word in words) for part in parts)

    return fits


def _part(word: str) -> Callable[[str], bool]:
    if _CHINESE.search(word) and not set(word) & {"*", "?"}:
        return lambda text: word in text
    found = re.compile(translate(word.replace("[", "[[]")))
    # Signs around a word are none of it: "boots," fits "boots".
    return lambda text: bool(found.match(text) or found.match(text.strip(".,;:!?\"'()")))
