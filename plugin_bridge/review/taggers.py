"""Which tagger makes the suggestions that are reviewed."""

from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import Generation
from plugin_bridge.review.desk import OpenEngine
from plugin_bridge.settings import Settings
from plugin_bridge.tagging.engine import Engine


def taggers(cluster: Cluster, store: ModelStore, settings: Settings) -> OpenEngine:
    """Return what opens a tagger by name: None and `neighbours` vote, any other name is a trained model of the store.

    Raises, when it is called, EncoderError where there is no such tagger, BridgeError where nothing is labelled.
    """

    def open_it(name: str | None, generation: Generation) -> Engine:
        # Imported here: a bridge that only searches needs none of it.
        from plugin_bridge.tagging.opening import open_engine

        return open_engine(name, cluster, generation, store, threads=settings.threads)

    return open_it
