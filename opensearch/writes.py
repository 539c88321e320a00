"""OpenSearch numbers the writes of each shard: how far they are, and what came after a number."""

from collections.abc import Iterator, Sequence

from opensearch.client import Cluster, path
from opensearch.scanning import scan


def writes_by_shard(cluster: Cluster, index: str) -> tuple[int, ...]:
    """Return, shard by shard, the number up to which all writes are finished (-1: none)."""
    params = {"level": "shards", "filter_path": "indices.*.shards.*.seq_no,indices.*.shards.*.routing.primary"}
    shards = cluster.request("GET", path(index, "_stats"), params=params)["indices"][index]["shards"]
    primaries = {
        int(number): copy for number, copies in shards.items() for copy in copies if copy["routing"]["primary"]
    }
    return tuple(int(primaries[number]["seq_no"]["local_checkpoint"]) for number in sorted(primaries))


def written_since(cluster: Cluster, index: str, writes: Sequence[int]) -> Iterator[str]:
    """Yield the ids of documents written after the numbers of `writes_by_shard`; those deleted since are not seen."""
    for shard, number in enumerate(writes):
        query = {"range": {"_seq_no": {"gt": number}}}
        yield from (hit["_id"] for hit in scan(cluster, index, query, source=False, shard=shard))
