"""The live generation, as those find and leave it who change it."""

from dataclasses import replace

from opensearch import generations
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from plugin_bridge.errors import LoadError
from plugin_bridge.loading.publish import count


def live_generation(cluster: Cluster, alias: str) -> Generation:
    """Return the live generation; raise LoadError where nothing is live."""
    live = generations.live(cluster, alias)
    if live is None:
        raise LoadError(f"nothing is live behind {alias}; `kindred load FILE` loads a whole catalogue")
    return live


def settle_count(cluster: Cluster, generation: Generation) -> Generation:
    """Refresh, and note the number of documents that the generation now holds."""
    cluster.request("POST", path(generation.index, "_refresh"), timeout=300)
    return generations.update_meta(cluster, replace(generation, documents=count(cluster, generation.index)))
