"""Filling a generation: chunks of products are encoded, sent, acknowledged and noted, all at the same time."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from encoders.images import ImageEncoder
from encoders.text import TextEncoder
from opensearch.bulk import Action, BulkSender, Outcome, Refusal, index_action
from opensearch.generations import EncoderRef
from opensearch.leases import Lease
from plugin_bridge.loading.checkpoint import Checkpoint, Settled
from plugin_bridge.loading.documents import document
from plugin_bridge.loading.letters import Letters
from plugin_bridge.loading.photos import Photo, encode_photos
from plugin_bridge.loading.pipeline import Pipeline
from plugin_bridge.loading.source import Chunk

# OpenSearch keeps one segment for each writing thread: one sender leaves fewer, larger segments, which are searched
# faster, and still keeps up with the encoders of a small machine (docs/decisions/refresh-and-merge.md).
SENDERS = 1
SHOWN = 20


@dataclass(frozen=True)
class Encoders:
    """The encoders of one generation. Each runs with one thread: chunks are encoded side by side instead."""

    text: TextEncoder
    image: ImageEncoder | None = None
    workers: int = 2

    @property
    def text_ref(self) -> EncoderRef:
        """The text encoder as a generation names it."""
        return _ref(self.text)

    @property
    def image_ref(self) -> EncoderRef | None:
        """The photo encoder as a generation names it, None where photos are not read."""
        return None if self.image is None else _ref(self.image)


@dataclass(frozen=True)
class Places:
    """Where photos are read from and what was left out is listed."""

    images: Path
    dead_letters: Letters
    photo_faults: Letters


@dataclass(frozen=True)
class _Prepared:
    chunk: Chunk
    actions: list[Action]
    photos: dict[str, int]
    photo_faults: list[dict[str, Any]]


@dataclass
class Tally:
    """What was acknowledged so far."""

    documents: int = 0
    refused: int = 0
    photos: Counter[str] = field(default_factory=Counter)

    def add(self, settled: Settled) -> None:
        """Count a settled run of rows."""
        self.documents += settled.documents
        self.refused += settled.refused
        self.photos.update(settled.photos)


class Builder:
    """Takes chunks through the pipeline; `tally` counts what OpenSearch acknowledged, also before a resume."""

    def __init__(
        self,
        encoders: Encoders,
        sender: BulkSender,
        checkpoint: Checkpoint,
        places: Places,
        lease: Lease,
        *,
        stop: threading.Event,
        progress: Callable[[int], None] = lambda products: None,
    ) -> None:
        self._encoders, self._sender, self._checkpoint = encoders, sender, checkpoint
        self._places, self._lease = places, lease
        self._stop, self._progress = stop, progress
        self.tally = Tally()
        self.problems: list[str] = []
        for settled in checkpoint.settled:
            self.tally.add(settled)

    def pipeline(self) -> Pipeline[Chunk, _Prepared, tuple[_Prepared, Outcome]]:
        """Return the pipeline, ready to `run` over chunks."""
        return Pipeline(
            self._prepare,
            self._deliver,
            self._settle,
            workers=self._encoders.workers,
            senders=SENDERS,
            stop=self._stop,
        )

    def _prepare(self, chunk: Chunk) -> _Prepared:
        products = chunk.products
        vectors = self._encoders.text.encode([product.text for product in products], role="passage")
        photos: list[Photo | None] = [None] * len(products)
        if self._encoders.image is not None:
            photos = encode_photos([p.image for p in products], self._places.images, self._encoders.image)
        counts: Counter[str] = Counter()
        faults = []
        for product, photo in zip(products, photos, strict=True):
            if photo is not None:
                counts[photo.fault or "encoded"] += 1
            if photo is not None and photo.fault:
                faults.append(
                    {"chunk": chunk.first, "id": product.id, "line": product.line, "image": product.image}
                    | {"fault": photo.fault, "reason": photo.reason}
                )
        actions = [
            index_action(product.id, document(product, vector if product.text else None, photo))
            for product, vector, photo in zip(products, vectors, photos, strict=True)
        ]
        return _Prepared(chunk, actions, dict(counts), faults)

    def _deliver(self, prepared: _Prepared) -> tuple[_Prepared, Outcome]:
        self._lease.check()
        return prepared, self._sender.send(prepared.actions)

    def _settle(self, delivered: tuple[_Prepared, Outcome]) -> None:
        """Note what is acknowledged: the lists first, so that the checkpoint never runs ahead of them."""
        prepared, outcome = delivered
        chunk = prepared.chunk
        self._places.dead_letters.add(dead_letters(chunk, outcome.refused))
        if len(self.problems) < SHOWN:
            self.problems.extend(f"id {one.id!r}: refused by OpenSearch: {one.reason}" for one in outcome.refused)
        self._places.photo_faults.add(prepared.photo_faults)
        settled = Settled(chunk.first, chunk.last, outcome.done, len(outcome.refused), prepared.photos)
        self._checkpoint.add(settled)
        self.tally.add(settled)
        self._progress(len(chunk.products))


def dead_letters(chunk: Chunk, refused: list[Refusal]) -> list[dict[str, Any]]:
    """Return the records for products that OpenSearch refused, each with its line, reason and fields."""
    by_id = {product.id: product for product in chunk.products} if refused else {}
    return [
        {"chunk": chunk.first, "line": by_id[one.id].line, **asdict(one), "product": by_id[one.id].fields}
        for one in refused
    ]


def _ref(encoder: TextEncoder | ImageEncoder) -> EncoderRef:
    return EncoderRef(encoder.card.name, encoder.card.fingerprint, encoder.card.dimension)
