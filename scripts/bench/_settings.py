"""The settings that the relevance benchmark tries: keyword clauses, native hybrid, and our fusion."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from opensearch.client import Cluster
from opensearch.generations import Fusion
from opensearch.mappings import ANALYSIS, WORDS

Clause = dict[str, Any]
ToClause = Callable[[str], Clause]

KEYWORD_INDEX = "bench-keywords"
# k1 and b of BM25, by the name of the sub-field that has them; OpenSearch's default is (1.2, 0.75).
SIMILARITIES = {"usual": (1.2, 0.75), "flat": (1.2, 0.3), "short": (0.6, 0.75), "both": (0.6, 0.3)}
ANALYSERS = {"standard": "standard", "english": "english", "pairs": WORDS}


def make_keyword_index(cluster: Cluster, products: Iterable[Mapping[str, Any]]) -> None:
    """Index titles and descriptions under every analyser and similarity that the keyword search is tuned over."""
    similarity = {name: {"type": "BM25", "k1": k1, "b": b} for name, (k1, b) in SIMILARITIES.items()}
    fields = {
        f"{analyser}_{name}": {"type": "text", "analyzer": ANALYSERS[analyser], "similarity": name}
        for analyser, name in product(ANALYSERS, SIMILARITIES)
    }
    body = {
        "settings": {"number_of_shards": 1, "number_of_replicas": 0, "analysis": ANALYSIS, "similarity": similarity},
        "mappings": {"properties": {name: {"type": "text", "fields": fields} for name in ("title", "description")}},
    }
    cluster.request("PUT", f"/{KEYWORD_INDEX}", body)
    import orjson

    lines: list[bytes] = []
    for one in products:
        lines.append(orjson.dumps({"index": {"_id": one["id"]}}))
        lines.append(orjson.dumps({name: one.get(name) or "" for name in ("title", "description")}))
    for start in range(0, len(lines), 4000):
        content = b"\n".join(lines[start : start + 4000]) + b"\n"
        answer = cluster.request("POST", f"/{KEYWORD_INDEX}/_bulk", content, timeout=120)
        assert not answer["errors"], answer
    cluster.request("POST", f"/{KEYWORD_INDEX}/_refresh", timeout=120)


def keyword_clauses() -> dict[str, ToClause]:
    """Return the keyword clauses that are tried, by a name that says what they are."""
    found: dict[str, ToClause] = {}
    for analyser, similarity in product(ANALYSERS, SIMILARITIES):
        title, description = (f"{field}.{analyser}_{similarity}" for field in ("title", "description"))
        name = f"{analyser}, {similarity}"
        found[f"title; {name}"] = _multi_match((title,))
        for weight in (1, 2, 3, 5):
            both = (f"{title}^{weight}", description)
            for tie in (0.0, 0.3, 0.5):
                found[f"title^{weight}, description, best field, tie {tie}; {name}"] = _multi_match(
                    both, tie_breaker=tie
                )
            found[f"title^{weight}, description, most fields; {name}"] = _multi_match(both, type="most_fields")
        both = (f"{title}^3", description)
        found[f"title^3, description, cross fields; {name}"] = _multi_match(both, type="cross_fields")
        found[f"title^3, description, best field, tie 0.3, phrase; {name}"] = _with_phrase(
            _multi_match(both, tie_breaker=0.3), title
        )
    return found


def fusions(shipped: Fusion) -> dict[str, Fusion]:
    """Return the constants of our fusion that are tried; the shipped ones come first."""
    found = {_named(shipped): shipped}
    for half, weight, phrase, every in product((2.5, 5.0, 10.0), (1.0, 1.5, 2.0, 2.5), (0.25, 0.5), (0.0, 0.4)):
        one = replace(shipped, keyword_half=half, text_weight=weight, phrase_weight=phrase, all_words=every)
        found.setdefault(_named(one), one)
    return found


@dataclass(frozen=True)
class Native:
    """How OpenSearch's own hybrid normalises and weighs."""

    technique: str
    keyword_weight: float

    def __str__(self) -> str:
        return f"{self.technique}, keywords {self.keyword_weight}"


def natives() -> list[Native]:
    """Return the settings of native hybrid that are tried."""
    weights = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    return [Native(technique, weight) for technique, weight in product(("min_max", "z_score", "l2"), weights)]


def _named(fusion: Fusion) -> str:
    return (
        f"half {fusion.keyword_half}, vector {fusion.text_weight}, "
        f"phrase {fusion.phrase_weight}, all words {fusion.all_words}"
    )


def _multi_match(fields: Iterable[str], **more: Any) -> ToClause:
    wanted = list(fields)
    return lambda text: {"multi_match": {"query": text, "fields": wanted, **more}}


def _with_phrase(clause: ToClause, field: str) -> ToClause:
    return lambda text: {"bool": {"should": [clause(text), {"match_phrase": {field: {"query": text, "slop": 3}}}]}}
