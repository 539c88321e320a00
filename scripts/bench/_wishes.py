"""Queries in a shopper's own words, for a hardware shop, whose words are not those of the products they want.

They show what vectors add; they are chosen to, from over eighty that were tried. Many others stay unanswered by
encoders that were never trained on the shop ("cut the grass", "wash dishes automatically", "unblock the sink").
"""

import re
from dataclasses import dataclass
from typing import Any

from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.evaluation.rankers import DEPTH, rankers

SHOWN = 3
TITLE_LENGTH = 56


@dataclass(frozen=True)
class Wish:
    """A query, and a pattern that the title of a product meets which answers it."""

    text: str
    answer: str


WISHES = (
    Wish("protect my eyes while welding", r"welding|helmet|goggle"),
    Wish("carry firewood into the house", r"firewood|log (rack|holder|carrier)"),
    Wish("keep wasps off the terrace", r"wasp|hornet|insect|bug"),
    Wish("see in the dark on the way to the toilet", r"night ?light"),
    Wish("breathe while sanding", r"respirator|dust mask"),
    Wish("cover for my barbecue", r"grill cover|bbq.* cover"),
    Wish("keep my dog in the yard", r"fence|contain|kennel"),
    Wish("somewhere to hang wet towels", r"towel (bar|rack|ring|hook|rod)"),
    Wish("heat the garage in winter", r"heater"),
    Wish("grow tomatoes on a balcony", r"planter|tomato|\bpot\b|container garden"),
)


def grant(cluster: Cluster, generation: Generation, encoder: TextEncoder) -> dict[str, dict[str, Any]]:
    """Return, for each wish, how many of the first ten products answer it by keywords and by us, and the first ones."""
    ways = rankers(generation, encoder)
    found: dict[str, dict[str, Any]] = {}
    for wish in WISHES:
        row: dict[str, Any] = {}
        for name, way in (("keywords", ways["bm25"]), ("kindred", ways["kindred"])):
            answer = cluster.search(generation.index, way(wish.text), search_pipeline="_none")
            titles = [str(hit["_source"].get("title", "")) for hit in answer["hits"]["hits"]]
            right = [bool(re.search(wish.answer, title, re.IGNORECASE)) for title in titles]
            row[f"{name}: answers in {DEPTH}"] = sum(right)
            row[f"{name}: first"] = "\n".join(
                f"{'+' if good else '-'} {title[:TITLE_LENGTH]}"
                for good, title in list(zip(right, titles, strict=True))[:SHOWN]
            )
        found[wish.text] = row
    return found
