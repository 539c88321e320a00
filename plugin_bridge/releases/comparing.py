"""The candidate beside the live generation, on the same queries and pairs, through the rankings that shoppers get."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encoders.text import TextEncoder
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from plugin_bridge.catalogue.adoption import text_of
from plugin_bridge.evaluation.metrics import DEPTH, ndcg
from plugin_bridge.evaluation.rankers import rank, rankers
from plugin_bridge.releases import verdicts
from plugin_bridge.releases.evidence import Evidence, Pair
from plugin_bridge.releases.verdicts import Measure

SHOWN_CHANGES = 20
QUERIES_WITHOUT_JUDGMENTS = 100
_WORDS_OF_A_TITLE = 4


@dataclass(frozen=True)
class Side:
    """A generation and the encoder of its texts."""

    generation: Generation
    encoder: TextEncoder


@dataclass(frozen=True)
class Comparison:
    """What was measured (by name), what follows, which queries change most, and what to judge next."""

    measures: Mapping[str, Measure]
    verdict: str
    changes: Sequence[Mapping[str, Any]]
    judge_next: Sequence[Mapping[str, str]]
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Return it as a release's record keeps it."""
        cases = {"ndcg@10": "queries", "pairs_f1": "pairs"}
        return {
            "comparison": {name: one.to_json(cases[name]) for name, one in self.measures.items()},
            "verdict": self.verdict,
            "changes": list(self.changes),
            "judge_next": list(self.judge_next),
            "notes": list(self.notes),
        }


def compare(
    cluster: Cluster,
    live: Side,
    candidate: Side,
    evidence: Evidence,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Comparison:
    """Measure both sides on the evidence; queries without judgments only show what would change.

    Raises EvaluationError where queries are judged and ir-measures is not installed.
    """
    queries = list(evidence.judgments) or _made_queries(cluster, live.generation)
    found: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    asking = [rankers(side.generation, side.encoder)["kindred"] for side in (live, candidate)]
    for place, query in enumerate(queries, 1):
        for side, ranker, rankings in zip((live, candidate), asking, found, strict=True):
            rankings[query] = list(rank(cluster, side.generation.index, ranker, query).ids)
        progress(place, len(queries))
    measures, notes = {}, list(evidence.notes)
    if evidence.judgments:
        measures["ndcg@10"] = _by_judgments(evidence.judgments, *found)
    else:
        notes.append("no query is judged: words of the catalogue's own titles show what would change")
    test = evidence.pairs.get("test", [])
    if test:
        measures["pairs_f1"] = _by_pairs(live, candidate, evidence.pairs.get("valid", []), test)
    notes += [f"{name}: {one.cases} cases are too few to tell" for name, one in measures.items() if not one.enough]
    return Comparison(
        measures,
        verdicts.verdict(list(measures.values())),
        _shown(cluster, live.generation.index, *found),
        verdicts.judge_next(evidence.judgments, *found),
        notes,
    )


def _by_judgments(
    judgments: Mapping[str, Mapping[str, int]], live: verdicts.Rankings, candidate: verdicts.Rankings
) -> Measure:
    scores = [ndcg(judgments, rankings) for rankings in (live, candidate)]
    return verdicts.mean_difference(*([one[query] for query in judgments] for one in scores))


def _by_pairs(live: Side, candidate: Side, valid: Sequence[Pair], test: Sequence[Pair]) -> Measure:
    """Return the F1 of calling pairs similar by their cosine; each side's threshold is the best on valid.

    Without valid pairs of both labels half of the test pairs choose the threshold, and the other half is scored.
    """
    if len({label for *_, label in valid}) < 2:
        valid, test = test[::2], test[1::2]
    truth = np.array([label for *_, label in valid], int)
    told = []
    for side in (live, candidate):
        threshold = verdicts.best_threshold(_cosines(side, valid), truth) if len(truth) else 0.0
        told.append((_cosines(side, test) >= threshold).tolist())
    return verdicts.f1_difference([label for *_, label in test], *told)


def _cosines(side: Side, pairs: Sequence[Pair]) -> np.ndarray:
    texts = {text_of(side.generation, fields) for left, right, _ in pairs for fields in (left, right)}
    ordered = sorted(texts)
    places = {text: place for place, text in enumerate(ordered)}
    vectors = side.encoder.encode(ordered, role="passage")
    left = [places[text_of(side.generation, one)] for one, _, _ in pairs]
    right = [places[text_of(side.generation, other)] for _, other, _ in pairs]
    return np.sum(vectors[left] * vectors[right], axis=1) if pairs else np.empty(0)


def _made_queries(cluster: Cluster, generation: Generation) -> list[str]:
    """Return the first words of some titles, always the same ones: what shoppers ask is not known here."""
    body = {
        "size": QUERIES_WITHOUT_JUDGMENTS,
        "_source": ["title"],
        "query": {"exists": {"field": "title"}},
        "sort": [{"kindred_tie": {"order": "asc", "unmapped_type": "float"}}],
    }
    hits = cluster.search(generation.index, body, search_pipeline="_none")["hits"]["hits"]
    titles = [str(hit["_source"].get("title") or "") for hit in hits]
    words = (" ".join(title.split()[:_WORDS_OF_A_TITLE]) for title in titles)
    return list(dict.fromkeys(text for text in words if text))


def _shown(cluster: Cluster, index: str, live: verdicts.Rankings, candidate: verdicts.Rankings) -> list[dict[str, Any]]:
    """Return the queries whose top 10 changes most, with the titles that stand there before and after."""
    changed = verdicts.most_changed(live, candidate, SHOWN_CHANGES)
    wanted = {product for query, _ in changed for found in (live, candidate) for product in found[query][:DEPTH]}
    titles: dict[str, Any] = {}
    if wanted:
        body, params = {"ids": sorted(wanted)}, {"_source_includes": "title,image,price,brand"}
        for one in cluster.request("POST", path(index, "_mget"), body, params=params)["docs"]:
            titles[one["_id"]] = one.get("_source", {})

    def hits(products: Sequence[str]) -> list[dict[str, Any]]:
        rows = enumerate(products[:DEPTH], 1)
        return [{"id": product, "rank": place, "product": titles.get(product, {})} for place, product in rows]

    return [
        {
            "query": query,
            "overlap": round(share, 3),
            "before": hits(live[query]),
            "after": hits(candidate[query]),
        }
        for query, share in changed
    ]
