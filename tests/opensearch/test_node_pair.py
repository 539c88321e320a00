"""Two nodes on one machine that make one cluster."""

from opensearch.client import Cluster


def test_a_second_node_joins_and_holds_replicas(pair: Cluster) -> None:
    pair.request("PUT", "/copies", {"settings": {"number_of_shards": 1, "number_of_replicas": 1}})
    pair.request("PUT", "/copies/_doc/1?refresh=true", {"title": "red shoe"})
    health = pair.request("GET", "/_cluster/health/copies", params={"wait_for_status": "green", "timeout": "60s"})
    assert (health["number_of_nodes"], health["status"], health["active_shards"]) == (2, "green", 2)
    rows = pair.request("GET", "/_cat/shards/copies", params={"format": "json"})
    assert {row["node"] for row in rows} == {"first", "second"}
    pair.request("DELETE", "/copies")
