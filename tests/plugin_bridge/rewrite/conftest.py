"""One generation of the shelf on the real node, shared by the tests of the rewrite."""

from dataclasses import replace

import orjson
import pytest

from opensearch import generations
from opensearch.generations import EncoderRef
from plugin_bridge.rewrite import rewrite
from tests.plugin_bridge.rewrite import shelf


class Shelf:
    """A generation, and searches of it with and without Kindred."""

    def __init__(self, cluster, generation):
        self.cluster = cluster
        self.generation = generation

    def rewritten(self, body):
        """Return what the bridge makes of a request."""
        return rewrite(body, self.generation, shelf.embed, shelf.knows)

    def plain(self, body, **params):
        return self.cluster.request("POST", f"/{self.generation.index}/_search", body, params=params or None)

    def search(self, body, *, expect="rewritten", **params):
        """Search with the body as OpenSearch hands it over, rewritten."""
        result = self.rewritten(self.as_handed_over(body))
        assert result.reason == expect
        return self.plain(result.body, **params)

    def as_handed_over(self, body):
        return orjson.loads(orjson.dumps(body))


def build(cluster, alias, *, dimension=shelf.DIMENSION, settings=None):
    """Load the shelf into a new generation; other dimensions get vectors padded or cut."""
    text = EncoderRef("shelf", "f" * 32, dimension)
    generation = generations.create(cluster, alias, text=text, lexical=("title^3", "brand"), settings=settings)
    generation = replace(generation, floor=0.3, word_floor=0.3)
    more = {"offers": {"type": "nested"}, "place": {"type": "geo_point"}, "needed": {"type": "integer"}}
    cluster.request("PUT", f"/{generation.index}/_mapping", {"properties": more})
    lines = []
    for product in shelf.products():
        vector = product.get("kindred_text")
        if vector is not None:
            product["kindred_text"] = (vector + [0.0] * dimension)[:dimension]
        lines += [{"index": {"_id": product["id"]}}, product]
    answer = cluster.request(
        "POST", f"/{generation.index}/_bulk", b"\n".join(map(orjson.dumps, lines)) + b"\n", params={"refresh": "true"}
    )
    assert not answer["errors"], answer
    return generation


def remove_all(cluster, alias):
    for generation in generations.history(cluster, alias):
        cluster.request("DELETE", f"/{generation.index}")


@pytest.fixture(scope="session")
def shelf_generation(cluster):
    alias = "shelf"
    yield Shelf(cluster, build(cluster, alias))
    remove_all(cluster, alias)
