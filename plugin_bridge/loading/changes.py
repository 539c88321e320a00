"""Changes to the live generation: new and changed products, without encoding again what did not change.

Nothing here needs a checkpoint: an update that was killed is run again, and finds what it did already unchanged.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from encoders.sessions import available_cores
from encoders.store import ModelStore
from opensearch.bulk import (
    Action,
    BulkSender,
    Outcome,
    Patience,
    careful_update_action,
    index_action,
    patiently,
)
from opensearch.client import Cluster, path
from opensearch.generations import EncoderRef, Generation
from opensearch.leases import Lease
from opensearch.mappings import IMAGE_HASH, IMAGE_VECTOR, TEXT_HASH, TEXT_VECTOR, TIE
from plugin_bridge.catalogue import adoption
from plugin_bridge.catalogue.cleaning import Product
from plugin_bridge.errors import CatalogueError, LoadError
from plugin_bridge.loading.build import SHOWN, Encoders, dead_letters
from plugin_bridge.loading.documents import document, serialise, text_hash, tie_of
from plugin_bridge.loading.letters import Letters
from plugin_bridge.loading.live import live_generation, settle_count
from plugin_bridge.loading.load import Hooks, loads_folder, products_of
from plugin_bridge.loading.photos import Photo, encode_photos, find_photo, same_photo
from plugin_bridge.loading.pipeline import Pipeline
from plugin_bridge.loading.source import Chunk, ProductFile, chunks
from plugin_bridge.review import marks

ROWS_PER_CHUNK = 256
ATTEMPTS = 20


@dataclass(frozen=True)
class ChangeOptions:
    """What an update is asked to do."""

    alias: str = "products"
    images: Path | None = None
    encoding: str | None = None
    threads: int = 0
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class ChangeReport:
    """What an update did. `counts` has `new`, `changed`, `unchanged`, `refused`, `encoded` (texts), `photos`."""

    source: str
    alias: str
    generation: str
    documents: int
    counts: dict[str, int]
    cleaning: dict[str, Any]
    photos: dict[str, int]
    problems: list[str]
    files: dict[str, str | None]


@dataclass(frozen=True)
class _Change:
    """One product as it stands in the index (None: not there), at which version, and as the row wants it."""

    product: Product
    before: Mapping[str, Any] | None
    text: str
    version: Mapping[str, int]

    @property
    def new_text(self) -> bool:
        return self.before is None or self.before.get(TEXT_HASH) != text_hash(self.text)


@dataclass(frozen=True)
class _Prepared:
    """A chunk ready to be sent; `kinds` says of each product whether it is new, changed or unchanged."""

    chunk: Chunk
    actions: list[Action]
    kinds: dict[str, str]


def update(
    file: Path, cluster: Cluster, store: ModelStore, home: Path, options: ChangeOptions, hooks: Hooks | None = None
) -> ChangeReport:
    """Write the rows of `file` into the live generation.

    A row needs its id and what changes; fields that it does not name stay, a null takes a field away. Only changed
    text and photos are encoded. A row whose id is new has to be a whole product.

    Raises:
        LoadError: nothing is live, or the encoders here are not those that made the generation.
        CatalogueError, LeaseHeldError, OpenSearchError, EncoderError: as for a load.
    """
    return _Update(file, cluster, store, home, options, hooks or Hooks()).run()


class _Update:
    def __init__(
        self, file: Path, cluster: Cluster, store: ModelStore, home: Path, options: ChangeOptions, hooks: Hooks
    ) -> None:
        self._file, self._cluster, self._store = file, cluster, store
        self._options, self._hooks, self._home = options, hooks, home
        self._images = options.images or file.parent
        self._stop = threading.Event()
        self._counts: Counter[str] = Counter(new=0, changed=0, unchanged=0, refused=0, encoded=0)
        self._photos: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._problems: list[str] = []

    def run(self) -> ChangeReport:
        if not self._file.is_file():
            raise CatalogueError(f"{self._file}: no such file")
        if self._options.images is not None and not self._options.images.is_dir():
            raise LoadError(f"--images {self._options.images}: no such folder")
        with Lease(self._cluster, self._options.alias, f"update from {self._file.name}") as lease:
            generation = live_generation(self._cluster, self._options.alias)
            self._encoders = self._open(generation)
            self._generation, self._lease = generation, lease
            lists = loads_folder(self._home, self._cluster, generation.alias) / generation.name
            self._rejected = Letters(lists / "update-rejected.jsonl")
            self._letters = Letters(lists / "update-dead-letters.jsonl")
            for letters in (self._rejected, self._letters):
                letters.clear()
            self._sender = BulkSender(
                self._cluster,
                generation.index,
                patience=self._options.patience,
                notify=self._hooks.notify,
                stop=self._stop,
            )
            source = ProductFile(
                self._file,
                encoding=self._options.encoding,
                recipe=generation.recipe,
                partial=True,
                adopted=generation.adopted,
            )
            pipeline = Pipeline(
                self._prepare,
                self._deliver,
                self._settle,
                workers=self._encoders.workers,
                senders=2,
                stop=self._stop,
            )
            pipeline.run(chunks(products_of(source, self._rejected), rows=ROWS_PER_CHUNK))
            generation = settle_count(self._cluster, generation)
        return ChangeReport(
            source=str(self._file),
            alias=generation.alias,
            generation=generation.name,
            documents=generation.documents,
            counts=dict(self._counts),
            cleaning=source.report.as_dict(),
            photos=dict(self._photos),
            problems=source.report.problems + self._problems,
            files={"rejected": self._rejected.name, "dead_letters": self._letters.name},
        )

    def _open(self, generation: Generation) -> Encoders:
        _same_encoder(self._store, generation.text, generation)
        text = self._store.open_text(generation.text.model, threads=1)
        image = None
        if generation.image is not None:
            _same_encoder(self._store, generation.image, generation)
            image = self._store.open_image(generation.image.model, threads=1)
        return Encoders(text, image, self._options.threads or available_cores())

    def _prepare(self, chunk: Chunk, *, again: bool = False) -> _Prepared:
        """Return what is to be sent for a chunk; `again` where it was counted before."""
        changes = self._compare(chunk)
        new_texts = [change for change in changes if change.new_text]
        vectors = self._encoders.text.encode([change.text for change in new_texts], role="passage")
        vector_of = {change.product.id: vector for change, vector in zip(new_texts, vectors, strict=True)}
        photos = self._new_photos(changes)
        actions, kinds = [], {}
        for change, photo in zip(changes, photos, strict=True):
            product, vector = change.product, vector_of.get(change.product.id)
            if change.before is None:
                kinds[product.id] = "new"
                actions.append(index_action(product.id, document(product, vector, photo)))
                continue
            wanted = _difference(change, photo)
            if vector is not None:
                wanted |= {TEXT_VECTOR: vector, TEXT_HASH: text_hash(change.text)}
            kinds[product.id] = "changed" if wanted else "unchanged"
            if wanted:
                actions.append(careful_update_action(product.id, serialise(wanted), **change.version))
        if not again:
            with self._lock:
                self._counts["encoded"] += len(new_texts)
                self._photos.update(photo.fault or "encoded" for photo in photos if photo is not None)
        return _Prepared(chunk, actions, kinds)

    def _compare(self, chunk: Chunk) -> list[_Change]:
        """Look the chunk's products up; rows that are neither changes nor whole products are told and left out."""
        body = {"ids": [product.id for product in chunk.products]}
        params = {"_source_excludes": f"{TEXT_VECTOR},{IMAGE_VECTOR}"}
        found = patiently(
            lambda: self._cluster.request("POST", path(self._generation.index, "_mget"), body, params=params)["docs"],
            self._options.patience,
            self._hooks.notify,
            self._stop,
        )
        changes = []
        for product, one in zip(chunk.products, found, strict=True):
            before = one.get("_source") if one.get("found") else None
            if before is None and not product.fields.get("title") and self._generation.adopted is None:
                self._refuse(product, "is not in the index, and a new product needs a title")
                continue
            # What a person has set stays; the catalogue's value is kept beside it.
            wanted = marks.lay_over(product.fields, marks.read(before or {}), partial=True)
            text = adoption.text_of(self._generation, {**(before or {}), **wanted})
            fields = {k: v for k, v in wanted.items() if before is not None or v is not None}
            version = {"seq_no": one.get("_seq_no", 0), "primary_term": one.get("_primary_term", 0)}
            changes.append(_Change(replace(product, fields=fields, text=text), before, text, version))
        return changes

    def _refuse(self, product: Product, why: str) -> None:
        self._rejected.add([{"line": product.line, "code": "no_title", "id": product.id, "reason": why}])
        with self._lock:
            self._counts["refused"] += 1
            if len(self._problems) < SHOWN:
                self._problems.append(f"line {product.line}: id {product.id!r} {why}")

    def _new_photos(self, changes: list[_Change]) -> list[Photo | None]:
        """Encode the photos that are new or have other content; a photo that is as it was is None."""
        if self._encoders.image is None:
            return [None] * len(changes)
        wanted = [self._photo_to_encode(change) for change in changes]
        return encode_photos(wanted, self._images, self._encoders.image)

    def _photo_to_encode(self, change: _Change) -> str | None:
        image, before = change.product.image, change.before or {}
        if image is None or before.get(IMAGE_HASH) is None:
            return image
        if isinstance(find_photo(image, self._images), Photo):
            # Not at hand: under a path that did not change, the photo keeps its vector.
            return None if before.get("image") == image else image
        return None if same_photo(image, self._images, before[IMAGE_HASH]) else image

    def _deliver(self, prepared: _Prepared) -> tuple[_Prepared, Outcome]:
        """Send a chunk; a product that somebody wrote since it was read is read, compared and sent again."""
        self._lease.check()
        outcome = self._sender.send(prepared.actions)
        for _ in range(ATTEMPTS):
            overtaken = {one.id for one in outcome.refused if one.status == 409}
            if not overtaken:
                break
            outcome.refused = [one for one in outcome.refused if one.id not in overtaken]
            part = Chunk(tuple(product for product in prepared.chunk.products if product.id in overtaken))
            outcome.add(self._sender.send(self._prepare(part, again=True).actions))
        return prepared, outcome

    def _settle(self, delivered: tuple[_Prepared, Outcome]) -> None:
        prepared, outcome = delivered
        self._letters.add(dead_letters(prepared.chunk, outcome.refused))
        refused = {one.id for one in outcome.refused}
        with self._lock:
            self._counts.update(kind for identity, kind in prepared.kinds.items() if identity not in refused)
            self._counts["refused"] += len(refused)
            if len(self._problems) < SHOWN:
                self._problems.extend(f"id {one.id!r}: {one.reason}" for one in outcome.refused[:SHOWN])
        self._hooks.progress(len(prepared.chunk.products))


def _difference(change: _Change, photo: Photo | None) -> dict[str, Any]:
    """Return the fields that an update has to send. A photo that went, or is another that fails, takes its vector."""
    before = change.before or {}
    missing = object()
    wanted = {
        name: value
        for name, value in change.product.fields.items()
        if before.get(name, missing if value is not None else None) != value
    }
    if TIE not in before:  # written past Kindred
        wanted[TIE] = tie_of(change.product.id)
    if photo is not None and photo.vector is not None:
        wanted |= {IMAGE_VECTOR: photo.vector, IMAGE_HASH: photo.hash}
    elif before.get(IMAGE_HASH) and "image" in wanted:
        wanted |= {IMAGE_VECTOR: None, IMAGE_HASH: None}
    return wanted


def _same_encoder(store: ModelStore, ref: EncoderRef, generation: Generation) -> None:
    card = store.card(ref.model)
    if card.fingerprint != ref.fingerprint:
        raise LoadError(
            f"{generation.index} was made with {ref.model} of fingerprint {ref.fingerprint}, the model here has "
            f"{card.fingerprint}: their vectors must not meet. `kindred load` builds a new generation"
        )
