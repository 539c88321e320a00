"""Which tagger makes the suggestions that are reviewed."""

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.errors import RequestError
from plugin_bridge.review.desk import OpenEngine
from plugin_bridge.settings import Settings
from plugin_bridge.tagging.engine import Engine


def taggers(cluster: Cluster, store: ModelStore, settings: Settings) -> OpenEngine:
    """Return what opens a tagger by name: `neighbours`, or a trained model of the store."""

    def open_engine(name: str | None, generation: Generation) -> Engine:
        raise RequestError(f"there is no tagger {name or 'neighbours'!r}", status=404, field="model")

    return open_engine
