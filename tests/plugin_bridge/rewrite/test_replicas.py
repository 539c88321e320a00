"""Equal products keep their order from page to page, also where two copies of the index take turns to answer."""

import time

import pytest

from plugin_bridge.rewrite import rewrite
from tests.plugin_bridge.rewrite import shelf
from tests.plugin_bridge.rewrite.conftest import build


def wait_for_copies(cluster, index):
    health = cluster.request(
        "GET", f"/_cluster/health/{index}", params={"wait_for_status": "green", "timeout": "60s"}, timeout=70
    )
    assert health["number_of_nodes"] == 2
    assert health["active_shards"] == 2


@pytest.mark.parametrize("replication", ["SEGMENT", "DOCUMENT"])
def test_pages_hold_together_over_two_copies(pair, replication):
    alias = f"copies-{replication.lower()}"
    settings = {"number_of_replicas": 1, "replication.type": replication}
    generation = build(pair, alias, settings=settings)
    wait_for_copies(pair, generation.index)
    # Updated on both copies: deleted documents and segments then differ where each copy indexes by itself.
    for product in list(shelf.products())[:100:3]:
        pair.request("POST", f"/{generation.index}/_update/{product['id']}", {"doc": {"stock": 9}})
    pair.request("POST", f"/{generation.index}/_refresh")
    time.sleep(2)  # a replica of segments follows its primary's refresh
    body = rewrite({"query": {"match": {"title": "small red shoe"}}}, generation, shelf.embed, shelf.knows).body

    def page(start, size, copy):
        # `_only_nodes` by turns is what an unlucky round robin does to a shopper who turns pages
        params = {"preference": copy}
        answer = pair.request(
            "POST", f"/{generation.index}/_search", {**body, "from": start, "size": size}, params=params
        )
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    copies = ("_primary", "_replica")
    whole = page(0, 120, "_primary")
    assert len(whole) == 120
    assert page(0, 120, "_replica") == whole
    turned = [id_ for number in range(12) for id_ in page(number * 10, 10, copies[number % 2])]
    assert turned == whole
