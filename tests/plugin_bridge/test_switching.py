"""An alias switched under load, between generations whose vectors have different dimensions."""

import threading
import time

import pytest

from opensearch import generations
from opensearch.client import Cluster
from plugin_bridge.plugging import plug_in
from tests.fixtures.bridge import TEXT_MODEL, Bridge, drop_alias, load_products, make_home
from tests.fixtures.tiny_models import TINY_TEXT

ALIAS = "switched"
SWITCHES = 50
CLIENTS = 3
# No product is called so: without vectors the answer is empty or another one.
QUERIES = [{"query": {"match": {"title": text}}, "size": 5} for text in ("settee", "camping boots", "lamp for reading")]


@pytest.fixture
def two_generations(cluster, bridge_store, tmp_path):
    """A bridge over two generations of the same products, of 384 and of 16 dimensions."""
    drop_alias(cluster, ALIAS)
    bridge = Bridge(cluster.url, make_home(tmp_path / "home", bridge_store), environment={"KINDRED_ALIAS": ALIAS})
    made = [load_products(cluster, bridge_store, ALIAS, model=name) for name in (TEXT_MODEL, TINY_TEXT)]
    assert made[0].text.dimension != made[1].text.dimension
    for generation in made:
        plug_in(cluster, generation, bridge.settings)
    bridge.start()
    for generation in made:
        bridge.knows(generation.index)
    yield made
    bridge.stop()
    drop_alias(cluster, ALIAS)


def order(answer):
    """Return which index answered and with what, in order."""
    hits = answer["hits"]["hits"]
    assert answer["_shards"]["failed"] == 0
    return {hit["_index"] for hit in hits}, tuple(hit["_id"] for hit in hits)


def test_fifty_switches_under_load_fail_nothing_and_mix_nothing(cluster, two_generations):
    allowed = []
    for query in QUERIES:
        orders = set()
        for generation in two_generations:
            for params in ({}, {"search_pipeline": "_none"}):
                answer = cluster.request("POST", f"/{generation.index}/_search", query, params=params or None)
                orders.add((generation.index, order(answer)[1]))
        allowed.append(orders)
        indices = {generation.index for generation in two_generations}
        assert {index for index, _ in orders} == indices
    stop, wrong, served = threading.Event(), [], [0] * CLIENTS

    def shop(number):
        with Cluster(cluster.url) as client:
            while not stop.is_set():
                place = served[number] % len(QUERIES)
                try:
                    found, ids = order(client.request("POST", f"/{ALIAS}/_search", QUERIES[place]))
                except Exception as error:  # noqa: BLE001 - any failure is what this test looks for
                    wrong.append(str(error))
                    return
                served[number] += 1
                if ids and not (len(found) == 1 and (next(iter(found)), ids) in allowed[place]):
                    wrong.append(f"{QUERIES[place]}: {found} {ids}")

    threads = [threading.Thread(target=shop, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for number in range(SWITCHES):
        generations.switch(cluster, ALIAS, two_generations[number % 2].index)
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    assert min(served) > SWITCHES / 2
