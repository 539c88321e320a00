"""People's values outlive a generation: they are laid over the next one's products, and follow until it is live.

A load reads the marks of the live generation before it begins and lays them over the catalogue's rows. What people
decide while it runs is brought over just before the switch and once more after it; whoever writes a decision looks
after the write whether the alias has moved meanwhile. So none falls between the two generations.
"""

from opensearch.client import Cluster
from opensearch.generations import Generation
from opensearch.mappings import REVIEWED, REVIEWED_FIELDS
from opensearch.scanning import scan
from plugin_bridge.review import marks
from plugin_bridge.review.documents import Documents, Encode
from plugin_bridge.review.marks import Reviewed


def reviewed_products(cluster: Cluster, index: str) -> dict[str, Reviewed]:
    """Return what people decided about the products of an index, by id."""
    query = {"exists": {"field": REVIEWED_FIELDS}}
    cluster.request("POST", f"/{index}/_refresh", timeout=300)
    return {hit["_id"]: marks.read(hit["_source"]) for hit in scan(cluster, index, query, source=[REVIEWED])}


def carry(cluster: Cluster, source: Generation, target: Generation, encode: Encode | None = None) -> int:
    """Give the products of `target` the marks of `source` that are newer than theirs; return how many products had any.

    A product that is not in `target` is left out: the catalogue does not have it any more.
    """
    wanted = reviewed_products(cluster, source.index)
    documents = Documents(cluster, encode)
    done = documents.mark(target, wanted, lambda one, _: list(wanted[one].marks.values()))
    return sum(why is None for why in done.values())
