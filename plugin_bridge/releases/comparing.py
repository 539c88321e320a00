"""What every comparison of a candidate with the live generation comes to, whichever of its models is another one.

`by_queries` compares text encoders, `by_photos` photo encoders, `by_orders` models of behaviour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opensearch.client import Cluster, path
from plugin_bridge.evaluation.metrics import DEPTH
from plugin_bridge.pairs.metrics import best_threshold
from plugin_bridge.releases import verdicts
from plugin_bridge.releases.evidence import Pair
from plugin_bridge.releases.verdicts import Measure

SHOWN_CHANGES = 20
_CASES = {"pairs_f1": "pairs", "photo_pairs_f1": "pairs", "similar_pairs@10": "pairs"}

Progress = Callable[[int, int], None]
Cosines = Callable[[Sequence[Pair]], np.ndarray]
"""From pairs to the cosine of each, shape (pairs,)."""


@dataclass(frozen=True)
class Comparison:
    """What was measured (by name), which measures decide, which queries change most, and what to judge next."""

    measures: Mapping[str, Measure]
    deciding: Sequence[str]
    changes: Sequence[Mapping[str, Any]]
    judge_next: Sequence[Mapping[str, str]]
    notes: Sequence[str]

    @property
    def verdict(self) -> str:
        """Better, worse or cannot tell, by the measures that decide."""
        return verdicts.verdict([self.measures[name] for name in self.deciding])

    def to_json(self) -> dict[str, Any]:
        """Return it as a release's record keeps it."""
        few = [
            f"{name}: {one.cases} cases are too few to tell" for name, one in self.measures.items() if not one.enough
        ]
        return {
            "comparison": {name: one.to_json(_CASES.get(name, "queries")) for name, one in self.measures.items()},
            "deciding": list(self.deciding),
            "verdict": self.verdict,
            "changes": list(self.changes),
            "judge_next": list(self.judge_next),
            "notes": [*self.notes, *few],
        }


def pairs_f1(pairs: Mapping[str, Sequence[Pair]], cosines: Sequence[Cosines]) -> Measure:
    """Return the F1 of calling test pairs similar by their cosine; each side's threshold is the best on valid pairs.

    Without valid pairs of both labels half of the test pairs choose the threshold, and the other half is scored.
    """
    valid, test = pairs.get("valid", []), pairs.get("test", [])
    if len({label for *_, label in valid}) < 2:
        valid, test = test[::2], test[1::2]
    truth = np.array([label for *_, label in valid], int)
    told = []
    for cosines_of in cosines:
        threshold = best_threshold(cosines_of(valid), truth)[0] if len(truth) else 0.0
        told.append((cosines_of(test) >= threshold).tolist())
    return verdicts.f1_difference([label for *_, label in test], *told)


def changes(
    cluster: Cluster,
    index: str,
    live: verdicts.Rankings,
    candidate: verdicts.Rankings,
    asked: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Return the queries whose top 10 changes most, with the products that stand there before and after.

    `asked` says what a ranking's key means where that is no text: its `query` and whatever else tells it.
    """
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
            **(asked[query] if asked is not None else {}),
            "overlap": round(share, 3),
            "before": hits(live[query]),
            "after": hits(candidate[query]),
        }
        for query, share in changed
    ]
