"""Every document of an index that a query finds, page by page, from one moment's view of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from opensearch.client import Cluster, path
from opensearch.errors import OpenSearchError

KEEP = "5m"


def scan(
    cluster: Cluster,
    index: str,
    query: dict[str, Any] | None = None,
    *,
    source: Any = True,
    versions: bool = False,
    size: int = 500,
    sort: Sequence[Any] = ("_doc",),
    shard: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the hits of a query, in the index's own order unless another is named; what is written meanwhile is unseen.

    Args:
        source: the `_source` setting of the request.
        versions: whether hits carry `_seq_no` and `_primary_term`.
        size: hits fetched at once.
        sort: OpenSearch's `sort` of the request; any but the default costs the index a sort for each page.
        shard: only this one is looked at.
    """
    body = {"query": query or {"match_all": {}}, "size": size, "sort": list(sort), "_source": source}
    body["seq_no_primary_term"] = versions
    # The drop-in has nothing to add to this, and must not be asked.
    where = {} if shard is None else {"preference": f"_shards:{shard}"}
    answer = cluster.search(index, body, scroll=KEEP, search_pipeline="_none", **where)
    try:
        while answer["hits"]["hits"]:
            yield from answer["hits"]["hits"]
            more = {"scroll": KEEP, "scroll_id": answer["_scroll_id"]}
            answer = cluster.request("POST", path("_search", "scroll"), more)
    finally:
        _end(cluster, answer.get("_scroll_id"))


def _end(cluster: Cluster, scroll: str | None) -> None:
    if scroll is not None:
        try:
            cluster.request("DELETE", path("_search", "scroll"), {"scroll_id": scroll})
        except OpenSearchError:
            return  # it ends by itself, and this must not hide why the scan ended
