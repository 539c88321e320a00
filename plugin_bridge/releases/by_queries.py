"""A changed text encoder: the rankings of words, judged or made from titles, and pairs told by their texts' cosines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from encoders.text import TextEncoder
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.catalogue.adoption import text_of
from plugin_bridge.evaluation.metrics import ndcg
from plugin_bridge.evaluation.rankers import rank, rankers
from plugin_bridge.releases import verdicts
from plugin_bridge.releases.comparing import Comparison, Progress, changes, pairs_f1
from plugin_bridge.releases.evidence import Evidence, Pair
from plugin_bridge.releases.verdicts import Measure

QUERIES_WITHOUT_JUDGMENTS = 100
_WORDS_OF_A_TITLE = 4


@dataclass(frozen=True)
class Side:
    """A generation and the encoder of its texts."""

    generation: Generation
    encoder: TextEncoder


def compare(
    cluster: Cluster,
    live: Side,
    candidate: Side,
    evidence: Evidence,
    progress: Progress = lambda done, of: None,
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
    if evidence.pairs.get("test"):
        measures["pairs_f1"] = pairs_f1(evidence.pairs, [_Cosines(live), _Cosines(candidate)])
    return Comparison(
        measures,
        tuple(measures),
        changes(cluster, live.generation.index, *found),
        verdicts.judge_next(evidence.judgments, *found),
        notes,
    )


def _by_judgments(
    judgments: Mapping[str, Mapping[str, int]], live: verdicts.Rankings, candidate: verdicts.Rankings
) -> Measure:
    before, after = (ndcg(judgments, rankings) for rankings in (live, candidate))
    return verdicts.mean_difference([before[query] for query in judgments], [after[query] for query in judgments])


class _Cosines:
    """The cosines of pairs by one side's texts."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def __call__(self, pairs: Sequence[Pair]) -> np.ndarray:
        side = self._side
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
