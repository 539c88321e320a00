"""The encoders that are open in this process: each opened once, shared by generations, let go when unused."""

import threading
from collections.abc import Collection
from typing import Any, TypeVar

from encoders.cards import ModelCard
from encoders.images import ImageEncoder
from encoders.store import ModelStore
from encoders.text import TextEncoder
from opensearch.errors import GenerationError
from opensearch.generations import EncoderRef

E = TypeVar("E", TextEncoder, ImageEncoder)


class EncoderPool:
    """Opens encoders by what a generation says of them and keeps them by fingerprint. Thread-safe."""

    def __init__(self, store: ModelStore, threads: int = 0) -> None:
        self._store = store
        self._threads = threads
        self._lock = threading.Lock()  # held while opening too: two callers must not open the same model
        self._open: dict[str, Any] = {}

    def text(self, ref: EncoderRef) -> TextEncoder:
        """Return the text encoder; raises GenerationError where the store's model is not the generation's."""
        return self._get(ref, TextEncoder)

    def image(self, ref: EncoderRef) -> ImageEncoder:
        """Return the image encoder; raises GenerationError where the store's model is not the generation's."""
        return self._get(ref, ImageEncoder)

    def check(self, ref: EncoderRef) -> None:
        """Compare the store's card with what a generation says, without opening anything."""
        card = self._store.card(ref.model)
        if card.fingerprint != ref.fingerprint:
            raise GenerationError(
                f"model {ref.model} in {self._store.root} has fingerprint {card.fingerprint}, but the generation "
                f"was made with {ref.fingerprint}; load the catalogue again, or put the old model back"
            )

    def retain(self, fingerprints: Collection[str]) -> None:
        """Let every open encoder go whose fingerprint is not among these."""
        with self._lock:
            self._open = {name: opened for name, opened in self._open.items() if name in fingerprints}

    def cards(self) -> list[ModelCard]:
        """Return the cards of the encoders that are open."""
        return [encoder.card for encoder in list(self._open.values())]

    def _get(self, ref: EncoderRef, kind: type[E]) -> E:
        found = self._open.get(ref.fingerprint)
        if found is None:
            with self._lock:
                found = self._open.get(ref.fingerprint)
                if found is None:
                    found = self._opened(ref, kind)
                    self._open[ref.fingerprint] = found
        if not isinstance(found, kind):
            raise GenerationError(f"model {ref.model} is not a {kind.__name__}")
        return found

    def _opened(self, ref: EncoderRef, kind: type[E]) -> Any:
        self.check(ref)
        if kind is TextEncoder:
            encoder: Any = self._store.open_text(ref.model, self._threads)
            encoder.encode_one("warm up")  # the first run plans memory; a shopper should not wait for that
        else:
            encoder = self._store.open_image(ref.model, self._threads)
        return encoder
