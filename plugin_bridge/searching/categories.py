"""The shop's category tree as its products make it: every path, and how many products are under it."""

from collections import Counter
from typing import Any

from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.scanning import scan

MOST = 20_000
_AT_ONCE = 5000


def category_tree(cluster: Cluster, generation: Generation) -> list[dict[str, Any]]:
    """Return each path, parents before their children, with `count`: the products that it or a path below it has."""
    counts: Counter[tuple[str, ...]] = Counter()
    query = {"exists": {"field": "category"}}
    for hit in scan(cluster, generation.index, query, source=["category"], size=_AT_ONCE):
        value = hit["_source"].get("category") or ()
        path = (value,) if isinstance(value, str) else tuple(str(one) for one in value)
        counts.update(path[:depth] for depth in range(1, len(path) + 1))
    return [{"path": list(path), "count": counts[path]} for path in sorted(counts)[:MOST]]
