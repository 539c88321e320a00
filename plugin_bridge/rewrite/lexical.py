"""The generation's own keyword clause, and what can be read from a shopper's words alone."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from opensearch.generations import Generation
from opensearch.mappings import SINGLE_WORDS
from plugin_bridge.rewrite.reading import Clause

TIE_BREAKER = 0.3  # what the fields beside the best one add of their score
PHRASE_SLOP = 3  # so far apart may words be
CHARACTER_SLOP = 0  # characters of writing without blanks stand together, or they are other words
BONUS_WORDS = 16  # a phrase of many words costs much and is hardly ever met
MOST_WORDS = 64  # with six fields and pairs of words, still fewer than the 1,024 clauses that OpenSearch allows
_CHARACTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_TOKENS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_WORDS = re.compile(r"[^\W_]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
SLIP_LENGTH = 6  # shorter words are one slip away from some word too often
MANY_DIGITS = 5
# Words that say nothing about a product; OpenSearch's own list for English.
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
        "this to was will with",
    )
)


def clause(text: str, generation: Generation) -> Clause:
    """Return the keyword clause with which the bridge itself searches; nothing in `text` is an operator."""
    fields = list(generation.lexical)
    return {
        "multi_match": {"query": first_words(text), "fields": fields, "type": "best_fields", "tie_breaker": TIE_BREAKER}
    }


def first_words(text: str, count: int = MOST_WORDS) -> str:
    """Return the text up to its `count`-th word; a Chinese character counts as one, as OpenSearch counts it."""
    for place, found in enumerate(_TOKENS.finditer(text), 1):
        if place == count:
            return text[: found.end()]
    return text


def word_count(text: str) -> int:
    """Return the number of words, where a Chinese character counts as one."""
    return sum(1 for _ in _TOKENS.finditer(text))


def bonuses(text: str, generation: Generation) -> dict[str, Clause]:
    """Return, by name, what a title with all the words gains, and one with the words near each other."""
    count, fusion = _spoken(text), generation.fusion
    if not 1 <= count <= BONUS_WORDS or not generation.lexical:
        return {}
    title = generation.lexical[0].partition("^")[0]
    found: dict[str, Clause] = {}
    if fusion.all_words:
        every = {"query": text, "operator": "and", "analyzer": SINGLE_WORDS}
        found["all_words"] = {"constant_score": {"filter": {"match": {title: every}}, "boost": fusion.all_words}}
    if fusion.phrase_weight and count > 1:
        slop = PHRASE_SLOP if len(text.split()) > 1 else CHARACTER_SLOP
        near = {"match_phrase": {title: {"query": text, "slop": slop}}}
        params = {"half": fusion.phrase_half, "weight": fusion.phrase_weight}
        script = {"source": "params.weight * _score / (_score + params.half)", "params": params}
        found["phrase"] = {"script_score": {"query": near, "script": script}}
    return found


def _spoken(text: str) -> int:
    """Return the number of words between blanks; in writing without blanks, each character is one."""
    return sum(max(1, len(_CHARACTERS.findall(word))) for word in text.split())


def request(
    text: str | None, generation: Generation, *, filters: list[Clause], size: int, offset: int
) -> dict[str, Any]:
    """Return the request that a storefront would send for `text`; without text, for all products."""
    scored: Clause = clause(text, generation) if text else {"match_all": {}}
    query = {"bool": {"must": [scored], "filter": filters}} if filters else scored
    return {"query": query, "size": size, "from": offset, "track_total_hits": True}


def floor(text: str, generation: Generation, knows: Callable[[str], bool]) -> float | None:
    """Return the least cosine with which a product may come in by its vector alone; None: none may.

    A cosine alone cannot tell nonsense from a wish in few words. So the words decide which floor counts: one that the
    encoder knows (or that is a slip of the finger away from such a word) means something, an article number never does.
    """
    words = _WORDS.findall(text.lower())
    if any(_means_something(word, knows) for word in words):
        return generation.word_floor
    return None if any(_is_code(part) for part in text.split()) else generation.floor


def _means_something(word: str, knows: Callable[[str], bool]) -> bool:
    if not word.isalpha() or word in _STOP_WORDS:
        return False
    if _CHINESE.search(word):
        return any(knows(character) for character in word)
    return len(word) > 2 and (knows(word) or any(knows(other) for other in _slips(word)))


def _is_code(part: str) -> bool:
    """Whether letters and digits mix, or many digits stand together, as in article numbers."""
    signs = "".join(_WORDS.findall(part))
    return len(signs) >= MANY_DIGITS if signs.isdigit() else any(sign.isdigit() for sign in signs)


def _slips(word: str) -> Iterator[str]:
    """Yield the words that differ from `word` by one letter missing, added, changed, or swapped with its neighbour."""
    if len(word) < SLIP_LENGTH:
        return
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        if after:
            yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        for letter in _LETTERS:
            yield before + letter + after
            if after:
                yield before + letter + after[1:]
