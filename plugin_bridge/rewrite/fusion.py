"""The clauses that rank by keywords and vectors together.

Candidates are one `bool` of the keyword clause and a k-NN clause for each vector; a script makes their scores: the
saturated keyword score b/(b+c), and w(1+cosine) of each vector. Products that no vector found and that few of the
words meet (b < c, nearly all of them) are given the cosine of products that have nothing to do with the query, so that
only some hundred products cost a comparison. All that needs vectors stands behind a filter on the generation's own
index: sent to another index (an alias switched in between), the request is exactly the keyword query. There is no
`rescore`: beside `collapse` and on the second page of a scroll OpenSearch fails on one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.generations import Fusion, Generation
from opensearch.mappings import IMAGE_VECTOR, TEXT_VECTOR, TIE
from plugin_bridge.rewrite.reading import Clause, bare
from plugin_bridge.rewrite.sizes import clause_count, keyword_mass

# Equal products rank the same on every replica and every page; far below any difference that a shopper could see.
TIE_WEIGHT = 1e-4
# What a vector candidate's score is lifted by, for each unit of keyword mass, so that the script can tell it from a
# product that only the words found. BM25 reaches 14 for a word, in a catalogue of a million products.
LIFT = 1024.0
LIFT_PER_CLAUSE = 16.0
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
    mass = keyword_mass(core) if core is not None else 0.0
    lift = max(LIFT, LIFT_PER_CLAUSE * clause_count(core)) * (mass or 1.0)
    found = [core] if core is not None else []
    found += [_candidates(signal, binding, generation.fusion.k, lift, named=named) for signal in signals]
    candidates = {"bool": {"should": found, "minimum_should_match": 1}}
    scored = _script_score(candidates, core, signals, generation.fusion, lift)
    here: Clause = {"term": {"_index": generation.index}}
    ranked: Clause = {"bool": {"filter": [here], "must": [scored], "should": list(bonuses)}}
    if core is not None:
        elsewhere = {"bool": {"must_not": [here], "must": [bare(core)]}}
        ranked = {"bool": {"should": [ranked, elsewhere], "minimum_should_match": 1}}
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


def _candidates(signal: Signal, binding: Clause | None, k: int, lift: float, *, named: bool) -> Clause:
    """Return the k-NN clause of a signal, cut at its floor; each product that it finds scores `lift`."""
    knn = nearest(signal.field, signal.vector, k, binding)
    near = {"function_score": {"query": knn, "min_score": (1.0 + signal.floor) / 2.0}}
    lifted: dict[str, Any] = {"query": near, "functions": [{"weight": lift}], "boost_mode": "replace"}
    return {"function_score": {**lifted, "_name": CANDIDATE} if named else lifted}


def _script_score(query: Clause, core: Clause | None, signals: Sequence[Signal], fusion: Fusion, lift: float) -> Clause:
    params: dict[str, Any] = {"half": keyword_half(core, fusion), "lift": lift, "tie": TIE_WEIGHT}
    for place, signal in enumerate(signals):
        params |= {f"q{place}": rounded(signal.vector), f"w{place}": signal.weight, f"n{place}": signal.neutral}
    script = {"source": _source([signal.field for signal in signals]), "params": params}
    return {"script_score": {"query": query, "script": script}}


def _source(fields: Sequence[str]) -> str:
    """Return the script; it depends on the fields alone, so that OpenSearch compiles it once."""
    lines = [
        f"int found = (int) Math.min(_score / params.lift, {len(fields)}.0);",
        "double b = _score - found * params.lift;",
        "boolean compared = found > 0 || b >= params.half;",
        "double s = b / (b + params.half);",
    ]
    for place, field in enumerate(fields):
        # One product without a vector must not fail the whole search.
        near = f"compared && doc['{field}'].size() != 0"
        cosine = f"{near} ? cosineSimilarity(params.q{place}, doc['{field}']) : params.n{place}"
        lines.append(f"s += params.w{place} * (1.0 + ({cosine}));")
    lines.append(f"if (doc['{TIE}'].size() != 0) {{ s += params.tie * doc['{TIE}'].value; }}")
    lines.append("return s < 0 ? 0 : s;")
    return " ".join(lines)
