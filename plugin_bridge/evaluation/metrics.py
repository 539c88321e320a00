"""Metrics of rankings, calculated by ir-measures."""

from collections.abc import Mapping, Sequence
from typing import Any

from plugin_bridge.errors import EvaluationError
from plugin_bridge.evaluation.folders import Judgments

DEPTH = 10


def gain(grade: int) -> int:
    """Return the gain of a grade, `2^grade - 1` (Burges et al., Learning to rank using gradient descent, 2005)."""
    return 2**grade - 1


def ndcg(judgments: Judgments, rankings: Mapping[str, Sequence[str]], depth: int = DEPTH) -> dict[str, float]:
    """Return nDCG@depth of every judged query, by query id.

    The gain of a grade is `2^grade - 1`, an unjudged product has gain 0, and rank r is discounted by `log2(r + 1)`
    (Järvelin and Kekäläinen 2002). The ideal is taken over all judged products of the query, whether they could be
    found or not. A judged query without a ranking, or whose judgments are all 0, scores 0.

    Args:
        judgments: grades by query id and product id.
        rankings: product ids by query id, best first.

    Raises:
        ValueError: a ranking holds a product twice.
        EvaluationError: ir-measures is not installed.
    """
    measures = _ir_measures()
    grades = {grade for products in judgments.values() for grade in products.values()}
    # Its own exponential gain (`dcg='exp-log2'`) runs a Perl program that wants numbers for query ids; mapping each
    # grade to its gain gives the same value through trec_eval. Test: `tests/plugin_bridge/evaluation/test_metrics.py`.
    measure = measures.nDCG(gains={grade: gain(grade) for grade in sorted(grades | {0})}) @ depth
    qrels = [measures.Qrel(q, product, g) for q, products in judgments.items() for product, g in products.items()]
    run = []
    for query, products in rankings.items():
        if len(set(products)) != len(products):
            raise ValueError(f"the ranking of query {query!r} holds a product twice")
        # trec_eval sorts by score and breaks ties by id: scores that fall keep the order that was given.
        run += [measures.ScoredDoc(query, product, float(-place)) for place, product in enumerate(products)]
    scores = dict.fromkeys(judgments, 0.0)
    for found in measures.iter_calc([measure], qrels, run):
        if found.query_id in scores:
            scores[found.query_id] = float(found.value)
    return scores


def _ir_measures() -> Any:
    try:
        import ir_measures
    except ImportError as error:
        raise EvaluationError("evaluation needs ir-measures: pip install 'kindred[evaluate]'") from error
    return ir_measures
