"""The models of behaviour that generations name, opened once and kept."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from encoders.errors import EncoderError
from encoders.store import ModelStore
from opensearch.generations import Generation
from plugin_bridge.behaviour.crowd import CROWD_FILE
from plugin_bridge.behaviour.model import BehaviourModel, open_model
from plugin_bridge.errors import BehaviourError, RequestError

log = logging.getLogger(__name__)


class Shelf:
    """Opens models when they are first used, and again when a file of theirs was changed. Thread-safe."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._models: dict[tuple[str, str, int], BehaviourModel] = {}
        self._opening: set[str] = set()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="open-behaviour")

    def model_of(self, generation: Generation) -> BehaviourModel:
        """Return the generation's model; RequestError 409 where it has none, or another one lies in the store."""
        ref = generation.behaviour
        if ref is None:
            raise RequestError(
                f"{generation.index} has no model of behaviour; `kindred train behaviour` makes one and "
                "`kindred behaviour publish NAME` puts it in",
                status=409,
            )
        try:
            crowd = self._store.folder(ref.model) / CROWD_FILE
            key = (ref.model, ref.fingerprint, crowd.stat().st_mtime_ns if crowd.is_file() else 0)
            with self._lock:
                if key not in self._models:
                    model = open_model(self._store, ref.model)
                    if model.fingerprint != ref.fingerprint:
                        raise BehaviourError(
                            f"{generation.index} holds vectors of {ref.model} {ref.fingerprint}, the store has "
                            f"{model.fingerprint}; `kindred behaviour publish {ref.model}` puts them in step"
                        )
                    self._models = {key: model, **dict(list(self._models.items())[:2])}
                return self._models[key]
        except (BehaviourError, EncoderError) as error:
            raise RequestError(str(error), status=409) from error

    def opened(self, generation: Generation) -> BehaviourModel | None:
        """Return the generation's model where it is open already, else None, and have it opened beside."""
        ref = generation.behaviour
        if ref is None:
            return None
        for (name, fingerprint, _), model in list(self._models.items()):
            if (name, fingerprint) == (ref.model, ref.fingerprint):
                return model
        if generation.index not in self._opening:
            self._opening.add(generation.index)
            self._threads.submit(self._open_beside, generation)
        return None

    def _open_beside(self, generation: Generation) -> None:
        try:
            self.model_of(generation)
            self._opening.discard(generation.index)
        except RequestError as error:
            # Not tried again for this index: a storefront asks hundreds of times a second.
            log.warning("searches of %s are not ranked for their customers: %s", generation.index, error)

    def close(self) -> None:
        """Stop the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)
