"""The generation's own keyword clause, and what can be read from a shopper's words alone."""

import re
from typing import Any

from opensearch.generations import Generation
from plugin_bridge.rewrite.reading import Clause

TIE_BREAKER = 0.3  # what the fields beside the best one add of their score
PHRASE_SLOP = 3
PHRASE_WORDS = 16  # a phrase of many words costs much and is hardly ever met
_CODE = re.compile(r"(?=.*\d)[\w./-]{4,}")
# "500gb", "10x15", "12.5mm": a quantity, which describes a product, unlike an article number.
_QUANTITY = re.compile(r"\d{1,4}([.,/x]\d+)*\s?[a-z\"']{0,4}", re.IGNORECASE)


def clause(text: str, generation: Generation) -> Clause:
    """Return the keyword clause with which the bridge itself searches; nothing in `text` is an operator."""
    fields = list(generation.lexical)
    return {"multi_match": {"query": text, "fields": fields, "type": "best_fields", "tie_breaker": TIE_BREAKER}}


def phrase(text: str, generation: Generation) -> Clause | None:
    """Return the clause that finds the words of `text` near each other in the title, None where that says nothing."""
    words = text.split()
    if not 2 <= len(words) <= PHRASE_WORDS or not generation.lexical:
        return None
    title = generation.lexical[0].partition("^")[0]
    return {"match_phrase": {title: {"query": text, "slop": PHRASE_SLOP}}}


def request(
    text: str | None, generation: Generation, *, filters: list[Clause], size: int, offset: int
) -> dict[str, Any]:
    """Return the request that a storefront would send for `text`; without text, for all products."""
    scored: Clause = clause(text, generation) if text else {"match_all": {}}
    query = {"bool": {"must": [scored], "filter": filters}} if filters else scored
    return {"query": query, "size": size, "from": offset, "track_total_hits": True}


def looks_like_code(text: str) -> bool:
    """Whether the words are article numbers only; a vector has nothing to say about those."""
    words = text.split()
    return bool(words) and all(_CODE.fullmatch(word) and not _QUANTITY.fullmatch(word) for word in words)
