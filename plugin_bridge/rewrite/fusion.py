"""The clauses that rank by keywords and vectors together.

Candidates are what the keyword clause matches, scored b/(b+c), and what a k-NN clause finds for each vector, scored by
how much nearer it is than products that have nothing to do with the query: w(cosine - neutral). Every candidate gets
w(1 + neutral) on top, so that one that no vector found stands where such a product would. A k-NN clause carries its
score itself, so that a vector stands in a request only once, and nothing is compared twice. All that needs vectors is
bound to the generation's own index: on another one (an alias switched in between) the keyword clause alone is left.
There is no `rescore`: beside `collapse` and on the second page of a scroll OpenSearch fails on one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Fusion, Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR, TIE
from plugin_bridge.rewrite.reading import Clause
from plugin_bridge.rewrite.sizes import keyword_mass

# Equal products rank the same on every replica and every page; far below any difference that a shopper could see.
TIE_WEIGHT = 1e-4
LARGEST = 9999
# So many times more products than are wanted are looked at on the way through the graph of neighbours: over 54,667
# products k-NN then finds 99.2 % of the exact ten nearest, 98.6 % without, for 0.1 to 0.3 ms.
WIDER = 1.5
# Names the vector clauses in `matched_queries`, where an explanation wants to know what they found.
CANDIDATE = "kindred_candidate"


@dataclass(frozen=True)
class Signal:
    """A query vector, shape (dimension,), against one vector field.

    `neutral` is the cosine that a product is given which is not compared, or that has no such vector, and `floor` the
    least cosine with which a product may come in by this vector alone.
    """

    field: str
    vector: np.ndarray
    weight: float
    floor: float
    neutral: float = 0.0


def text_signal(generation: Generation, vector: np.ndarray, floor: float | None = None) -> Signal:
    """Return the signal of a text vector; by default its floor is the one for texts that mean nothing."""
    least = generation.floor if floor is None else floor
    # As far below the nearest product of nonsense as the luckiest nonsense comes above it. Any nearer, and products
    # that share one word of a long query would stand before those that mean it (docs/decisions/fusion.md).
    neutral = min(generation.word_floor, 2 * generation.word_floor - generation.floor)
    return Signal(TEXT_VECTOR, vector, generation.fusion.text_weight, least, neutral=neutral)


def image_signal(generation: Generation, vector: np.ndarray) -> Signal:
    """Return the signal of a photo's vector; a photo that was given on purpose always has something like it."""
    return Signal(IMAGE_VECTOR, vector, generation.fusion.image_weight, floor=0.0)


def fuse(
    core: Clause | None,
    boosts: Sequence[Clause],
    binding: Clause | None,
    signals: Sequence[Signal],
    generation: Generation,
    *,
    bonuses: Sequence[Clause] = (),
    named: bool = False,
) -> Clause:
    """Return the fused query.

    Args:
        core: the keyword clause, verbatim; None where there are no words.
        boosts: function_score shells, outermost first, that multiply after fusion.
        binding: the filter that vector candidates must pass.
        signals: at least one.
        bonuses: clauses whose scores are added to the fused score.
        named: whether `matched_queries` shall tell which products a vector found.
    """
    here: Clause = {"term": {"_index": generation.index}}
    near = _by_vector(signals, binding, generation.fusion.k, named=named)
    found: list[Clause] = [{"bool": {"filter": [here], "must": [near]}}]
    if core is not None:
        found.append(_by_words(core, generation.fusion))
    candidates = {"bool": {"should": found, "minimum_should_match": 1}}
    beside = {"bool": {"filter": [here], "must": [_of_all(signals)], "should": list(bonuses)}}
    ranked: Clause = {"bool": {"must": [candidates], "should": [beside]}}
    for shell in reversed(boosts):
        ranked = {"function_score": {**shell, "query": ranked}}
    return ranked


def keyword_half(core: Clause | None, fusion: Fusion) -> float:
    """Return the keyword score of a clause that counts half."""
    return fusion.keyword_half * ((keyword_mass(core) if core is not None else 0.0) or 1.0)


def rounded(vector: np.ndarray) -> list[int]:
    """Return a vector as small whole numbers of the same direction; its cosines change by about 1e-5.

    A cosine does not know lengths, and whole numbers are the shortest to send and the quickest to read.
    """
    largest = float(np.abs(vector).max()) or 1.0
    return np.rint(vector * (LARGEST / largest)).astype(int).tolist()


def nearest(field: str, vector: np.ndarray, k: int, binding: Clause | None = None) -> Clause:
    """Return the clause that finds the `k` nearest products that pass `binding`."""
    knn: dict[str, Any] = {"vector": rounded(vector), "k": k, "method_parameters": {"ef_search": int(WIDER * k)}}
    if binding is not None:
        knn["filter"] = binding
    return {"knn": {field: knn}}


def _by_words(core: Clause, fusion: Fusion) -> Clause:
    """Return the keyword clause, its score brought to less than one."""
    return _scored(core, "_score / (_score + params.half)", {"half": keyword_half(core, fusion)})


def _by_vector(signals: Sequence[Signal], binding: Clause | None, k: int, *, named: bool) -> Clause:
    """Return the clause of what is near one of the vectors, scored by how much nearer it is than a stranger."""
    found = [_near(signal, binding, k, named=named) for signal in signals]
    params: dict[str, Any] = {}
    for place, signal in enumerate(signals):
        params |= {f"w{place}": signal.weight, f"n{place}": signal.neutral}
    if len(signals) == 1:
        return _scored(found[0], "Math.max(0.0, params.w0 * (2.0 * _score - 1.0 - params.n0))", params)
    # What one vector found is compared with the others, too.
    params |= {f"q{place}": rounded(signal.vector) for place, signal in enumerate(signals)}
    lines = ["double s = 0.0;"]
    for place, signal in enumerate(signals):
        field = f"doc['{signal.field}']"
        # One product without a vector must not fail the whole search.
        lines.append(f"if ({field}.size() != 0) {{")
        lines.append(f"s += params.w{place} * (cosineSimilarity(params.q{place}, {field}) - params.n{place}); }}")
    either = {"bool": {"should": found, "minimum_should_match": 1}}
    return _scored(either, " ".join([*lines, "return Math.max(0.0, s);"]), params)


def _near(signal: Signal, binding: Clause | None, k: int, *, named: bool) -> Clause:
    """Return the k-NN clause of a signal, cut at its floor; its score is (1 + cosine) / 2."""
    knn = nearest(signal.field, signal.vector, k, binding)
    cut: dict[str, Any] = {"query": knn, "min_score": (1.0 + signal.floor) / 2.0}
    return {"function_score": {**cut, "_name": CANDIDATE} if named else cut}


def _of_all(signals: Sequence[Signal]) -> Clause:
    """Return the clause of what every candidate scores, near or not, and of what tells equals apart."""
    stranger = sum(signal.weight * (1.0 + signal.neutral) for signal in signals)
    tie = f"doc['{TIE}']"
    source = f"params.all + ({tie}.size() != 0 ? params.tie * {tie}.value : 0.0)"
    return _scored({"match_all": {}}, source, {"all": stranger, "tie": TIE_WEIGHT})


def _scored(query: Clause, source: str, params: dict[str, Any]) -> Clause:
    """Return a clause scored by a script, whose source never changes with the text: OpenSearch compiles it once."""
    return {"script_score": {"query": query, "script": {"source": source, "params": params}}}
