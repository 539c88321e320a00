"""The similarity floors: how alike nonsense looks to the encoder.

k-NN always finds its k nearest products, also for "asdfgh". Each generation therefore gets two floors from the
similarity that seeded nonsense reaches with its nearest product: a high quantile for queries in which the encoder
knows no word, and the median for queries in which it does. A product that only the vector found has to clear the one
that its query's words choose (`rewrite.lexical.floor`).
"""

import random
import string
from dataclasses import dataclass

import numpy as np
import orjson

from encoders.text import TextEncoder
from opensearch.client import Cluster, path
from opensearch.errors import ClusterRefusedError
from opensearch.generations import Generation
from opensearch.mappings import TEXT_VECTOR

SEED = 20_240_501
STRINGS = 240
QUANTILE = 0.99
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")


@dataclass(frozen=True)
class Floor:
    """The floors (cosines) without and with known words, and the nearest-product cosines of the nonsense, rising."""

    value: float
    words: float
    cosines: tuple[float, ...]


def calibrate(cluster: Cluster, generation: Generation, encoder: TextEncoder, quantile: float = QUANTILE) -> Floor:
    """Return the floor of a generation that is loaded and refreshed; 0 for an index without vectors."""
    vectors = encoder.encode(nonsense(), role="query")
    cosines = np.sort(np.array(top_cosines(cluster, generation.index, vectors), np.float64))
    if not len(cosines):
        return Floor(0.0, 0.0, ())
    strict, median = (round(float(np.quantile(cosines, share)), 4) for share in (quantile, 0.5))
    return Floor(strict, median, tuple(cosines.tolist()))


def top_cosines(cluster: Cluster, index: str, vectors: np.ndarray) -> list[float]:
    """Return the cosine of each vector (n, dimension) with its nearest product; none where there are no vectors."""
    lines = []
    for vector in vectors:
        knn = {TEXT_VECTOR: {"vector": vector, "k": 1}}
        body = {"size": 1, "_source": False, "search_pipeline": "_none", "query": {"knn": knn}}
        lines.append(b"{}\n" + orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
    params = {"filter_path": "responses.hits.hits._score,responses.error.type,responses.error.reason"}
    found: list[float] = []
    for start in range(0, len(lines), 64):
        answer = cluster.request("POST", path(index, "_msearch"), b"".join(lines[start : start + 64]), params=params)
        for one in answer.get("responses", ()):
            if "error" in one:
                reason = f"{one['error'].get('type')}: {one['error'].get('reason')}"
                raise ClusterRefusedError(one.get("status", 500), reason, request=f"_msearch of {index}")
            hits = one.get("hits", {}).get("hits", ())
            # OpenSearch scores cosine similarity as (1 + cosine) / 2.
            found.extend(2 * hit["_score"] - 1 for hit in hits)
    return found


def nonsense(count: int = STRINGS, seed: int = SEED) -> list[str]:
    """Return different strings that mean nothing, always the same: letters, keyboard walks, article numbers."""
    chance = random.Random(seed)
    kinds = (_letters, _walk, _syllables, _article, _words)
    found: dict[str, None] = {}
    while len(found) < count:
        found[kinds[len(found) % len(kinds)](chance)] = None
    return list(found)


def _letters(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(4, 14)))


def _walk(chance: random.Random) -> str:
    row = chance.choice(_ROWS)
    start, length = chance.randrange(len(row)), chance.randint(4, 9)
    walk = (row * 3)[start : start + length]
    return walk if chance.random() < 0.5 else walk[::-1]


def _syllables(chance: random.Random) -> str:
    return "".join(chance.choice("bcdfghjklmnpqrstvwxz") + chance.choice("aeiou") for _ in range(chance.randint(2, 5)))


def _article(chance: random.Random) -> str:
    letters = "".join(chance.choices(string.ascii_uppercase, k=chance.randint(1, 4)))
    digits = "".join(chance.choices(string.digits, k=chance.randint(4, 9)))
    return f"{letters}{chance.choice(('', '-', ' '))}{digits}"


def _words(chance: random.Random) -> str:
    return " ".join(_letters(chance) for _ in range(chance.randint(2, 4)))
