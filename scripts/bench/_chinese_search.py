"""Search in a Chinese catalogue: analysers beside one another, encoders beside one another, items like a product."""

import gzip
import hashlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from encoders.export.recipe import cached_store
from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import ANALYSIS, SINGLE_WORDS, WORDS
from plugin_bridge.evaluation.folders import JudgedSet, read_judged_set
from plugin_bridge.evaluation.metrics import ndcg
from plugin_bridge.evaluation.rankers import DEPTH, rank, rankers
from plugin_bridge.evaluation.statistics import mean_interval
from plugin_bridge.rewrite import bodies

import _common  # isort: skip
from _service import Service  # isort: skip

# Queries and grades are our own (pooled from the ten best of every encoder and of character n-grams); titles are not.
OWN = Path(__file__).with_name("chinese-titles")
CHINESE, MANY, ENGLISH = "bge-small-zh-v1.5", "multilingual-e5-small", "all-minilm-l6-v2"
INDEX = "bench-analysers"
LIKE = 5

Scores = dict[str, float]


def judged_titles(titles: Path, folder: Path, *, quick: bool = False) -> JudgedSet:
    """Make a judged folder of the titles, which have no ids: an id is the beginning of a title's sha256."""
    with gzip.open(titles, "rt", encoding="utf-8") as lines:
        rows = [orjson.loads(line)["title"] for line in lines]
    grades = (OWN / "qrels.txt").read_text(encoding="utf-8").splitlines()
    judged = {line.split()[2] for line in grades}
    named = [(hashlib.sha256(title.encode()).hexdigest()[:12], title) for title in rows]
    missing = judged - {identity for identity, _ in named}
    if missing:
        _common.say(f"{len(missing)} judged titles are not in {titles}")
    kept = [row for place, row in enumerate(named) if not quick or row[0] in judged or place < 200]
    (folder / "products.jsonl").write_bytes(b"\n".join(orjson.dumps({"id": one, "title": text}) for one, text in kept))
    for name in ("queries.tsv", "qrels.txt"):
        shutil.copy(OWN / name, folder / name)
    return read_judged_set(folder)


def analysers(cluster: Cluster, judged: JudgedSet) -> dict[str, Scores]:
    """Return nDCG@10 by analyser and query id, keywords alone, over the same titles."""
    import jieba

    jieba.setLogLevel("ERROR")
    steps = ANALYSIS["analyzer"][SINGLE_WORDS]["filter"]
    made = {
        "pairs": {"type": "custom", "tokenizer": "standard", "filter": [*steps, "cjk_bigram"]},
        "both": {"type": "custom", "tokenizer": "standard", "filter": [*steps, "kindred_both"]},
        "words": {"type": "custom", "tokenizer": "whitespace", "filter": steps},
    }
    shown = {
        "Kindred's: stems, characters and pairs": WORDS,
        "stems, characters": SINGLE_WORDS,
        "standard: characters": "standard",
        "cjk: pairs of characters": "cjk",
        "stems, pairs of characters": "pairs",
        "stems, characters and pairs within Chinese": "both",
    }
    both = {"kindred_both": {"type": "cjk_bigram", "output_unigrams": True}}
    fields = {name: {"type": "text", "analyzer": name} for name in shown.values()}
    body = {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "analysis": {"filter": {**ANALYSIS["filter"], **both}, "analyzer": {**ANALYSIS["analyzer"], **made}},
        },
        "mappings": {
            "properties": {
                "title": {"type": "text", "fields": fields},
                "jieba": {"type": "text", "analyzer": "words"},
            }
        },
    }
    cluster.request("PUT", f"/{INDEX}", body)
    lines: list[bytes] = []
    for product in rows_of(judged):
        lines.append(orjson.dumps({"index": {"_id": product["id"]}}))
        lines.append(orjson.dumps({"title": product["title"], "jieba": _cut(jieba, product["title"])}))
    answer = cluster.request("POST", f"/{INDEX}/_bulk", b"\n".join(lines) + b"\n", timeout=300)
    assert not answer["errors"], answer
    cluster.request("POST", f"/{INDEX}/_refresh", timeout=120)

    def score(field: str, cut: bool = False) -> Scores:
        found = {}
        for query in judged.queries:
            text = _cut(jieba, query.text) if cut else query.text
            asked = {"query": {"match": {field: text}}, "size": DEPTH, "_source": False}
            found[query.id] = [hit["_id"] for hit in cluster.search(INDEX, asked)["hits"]["hits"]]
        return ndcg(judged.judgments, found)

    tables = {name: score(f"title.{field}") for name, field in shown.items()}
    return {**tables, "jieba: words of a dictionary": score("jieba", cut=True)}


def encoders(running: Service, judged: JudgedSet, names: Iterable[str]) -> tuple[dict[str, Any], dict[str, Scores]]:
    """Return a table row by encoder, and Kindred's nDCG@10 by encoder and query id; `bm25` is among the latter."""
    rows: dict[str, Any] = {}
    scores: dict[str, Scores] = {}
    for name in names:
        _common.say(f"exporting {name}, where it is not in the cache")
        cached_store((name,))
        model = f"{name}-int8"
        service = Service(running.cluster, running.store, running.settings.model_copy(update={"text_model": model}))
        shop = service.load(judged.products, f"bench-{name.replace('.', '-')}")
        encoder = running.store.open_text(model)
        found = {
            ranking: ndcg(
                judged.judgments,
                {one.id: rank(running.cluster, shop.generation.index, way, one.text).ids for one in judged.queries},
            )
            for ranking, way in rankers(shop.generation, encoder).items()
        }
        low, high = mean_interval(list(found["kindred"].values()))
        rows[model] = {ranking: round(mean(values), 4) for ranking, values in found.items()}
        rows[model] |= {"95 % of kindred": f"{low:.3f} to {high:.3f}"}
        rows[model]["alike"] = round(alike(running.cluster, shop.generation, encoder, judged), 3)
        scores[name], scores["bm25"] = found["kindred"], found["bm25"]
    return rows, scores


def alike(cluster: Cluster, generation: Generation, encoder: TextEncoder, judged: JudgedSet) -> float:
    """Return the share of queries of whose best product one of the five items like it answers the same query."""
    titles = {product["id"]: product["title"] for product in rows_of(judged)}
    hits, asked = 0, 0
    for query in judged.queries:
        grades = judged.judgments[query.id]
        good = [one for one, grade in grades.items() if grade == 3 and one in titles]
        if len(good) < 3:
            continue
        vector = encoder.encode_one(titles[good[0]], "passage")
        body = bodies.similar_body(generation, good[0], text_vector=vector, image_vector=None, size=LIKE)
        found = [hit["_id"] for hit in cluster.search(generation.index, body)["hits"]["hits"]]
        hits += any(grades.get(one, 0) > 0 for one in found)
        asked += 1
    return hits / asked if asked else 0.0


def rows_of(judged: JudgedSet) -> list[Mapping[str, Any]]:
    """Return the products of a judged folder."""
    return [orjson.loads(line) for line in judged.products.read_bytes().splitlines()]


def mean(scores: Scores) -> float:
    """Return the mean score."""
    return sum(scores.values()) / len(scores)


def _cut(jieba: Any, text: str) -> str:
    return " ".join(word for word in jieba.lcut_for_search(text) if word.strip())
