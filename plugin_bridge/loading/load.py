"""Loading a whole catalogue into a new generation, and making it live when everything is there."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from encoders.sessions import available_cores
from encoders.store import ModelStore
from opensearch import generations
from opensearch.bulk import BulkSender, Patience, patiently
from opensearch.client import Cluster
from opensearch.generations import DEFAULT_RECIPE, Adopted, Fusion, Generation
from opensearch.leases import Lease
from plugin_bridge.catalogue.cleaning import Product, Rejected
from plugin_bridge.catalogue.readers import BadRow
from plugin_bridge.errors import CatalogueError, LoadError
from plugin_bridge.loading import publish
from plugin_bridge.loading.build import Builder, Encoders, Places
from plugin_bridge.loading.checkpoint import Checkpoint, Origin, sha256_of
from plugin_bridge.loading.letters import Letters
from plugin_bridge.loading.photos import find_photo, note_folder
from plugin_bridge.loading.reviewed import Reviews
from plugin_bridge.loading.source import ROWS_PER_CHUNK, ProductFile, chunks

CHECKPOINT = "checkpoint.jsonl"
# A chunk with photos takes many times as long; smaller ones keep the checkpoint fresh.
ROWS_PER_CHUNK_WITH_PHOTOS = 128
ROWS_LOOKED_AT = 1000  # for a photo, where no folder was named


@dataclass(frozen=True)
class LoadOptions:
    """What a load is asked to do. `keep` counts the generations kept beside the live one, for a rollback."""

    alias: str = "products"
    images: Path | None = None
    photos: bool = True
    resume: bool = False
    force: bool = False
    encoding: str | None = None
    recipe: str = DEFAULT_RECIPE
    text_model: str = "all-minilm-l6-v2-int8"
    image_model: str = "efficientnet-lite0-int8"
    threads: int = 0
    keep: int = 1
    merge: bool = False
    rows_per_chunk: int | None = None
    replicas: int = 0
    fusion: Fusion | None = None
    lexical: tuple[str, ...] = generations.DEFAULT_LEXICAL
    adopted: Adopted | None = None
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Hooks:
    """What a load tells and calls: people, a progress bar, the drop-in."""

    notify: Callable[[str], None] = lambda message: None
    progress: Callable[[int], None] = lambda products: None
    install: publish.Install = lambda cluster, generation: "not asked for"
    remove: Callable[[Cluster, Generation], None] = lambda cluster, generation: None


@dataclass(frozen=True)
class LoadReport:
    """What a load did. Times are seconds; files are None where there was nothing to list."""

    source: str
    alias: str
    generation: str
    index: str
    documents: int
    live: bool
    previous: str | None
    resumed: bool
    seconds: float
    products_per_second: float
    floor: float
    cleaning: dict[str, Any]
    dead_letters: dict[str, Any]
    photos: dict[str, Any]
    dropin: dict[str, Any]
    dropped: list[str]
    problems: list[str]
    files: dict[str, str | None]


def load_catalogue(
    file: Path, cluster: Cluster, store: ModelStore, home: Path, options: LoadOptions, hooks: Hooks | None = None
) -> LoadReport:
    """Load `file` as the whole catalogue of `options.alias`; until the last step the live generation is untouched.

    `home` is Kindred's data folder: checkpoints and lists of what was left out go to `home`/loads.

    Raises:
        LoadError, CatalogueError: with a sentence that says what is wrong and what to do.
        LeaseHeldError: another process writes to the alias.
        OpenSearchError, EncoderError: as the cluster and the model store raise them.
    """
    return _Load(file, cluster, store, home, options, hooks or Hooks()).run()


class _Load:
    """One run. Holds what its steps share."""

    def __init__(
        self, file: Path, cluster: Cluster, store: ModelStore, home: Path, options: LoadOptions, hooks: Hooks
    ) -> None:
        self._file, self._cluster, self._store = file, cluster, store
        self._options, self._hooks = options, hooks
        self._home = home
        self._images = options.images or file.parent
        self._stop = threading.Event()
        self._notes: list[str] = []

    def run(self) -> LoadReport:
        started = time.monotonic()
        if not self._file.is_file():
            raise CatalogueError(f"{self._file}: no such file")
        if self._options.images is not None and not self._options.images.is_dir():
            raise LoadError(f"--images {self._options.images}: no such folder")
        folder = loads_folder(self._home, self._cluster, self._options.alias)
        with Lease(self._cluster, self._options.alias, f"load of {self._file.name}") as lease:
            encoders = self._encoders()
            before = self._before()
            self._reviews = Reviews(self._cluster, before, encoders.text)
            work = self._begin(folder, encoders)
            earlier = sum(settled.documents for settled in work.checkpoint.settled)
            try:
                builder = self._fill(work, encoders, lease)
                loaded = time.monotonic()
                generation, missing = self._publish(work, encoders, builder, lease)
            except BaseException:
                self._hooks.notify("nothing was switched; the same command with --resume goes on from here")
                raise
            dropped = publish.prune(self._cluster, self._options.alias, self._options.keep, self._hooks.remove)
            for old in dropped:
                shutil.rmtree(folder / old.name, ignore_errors=True)  # its lists describe an index that is gone
        tally = builder.tally
        return LoadReport(
            source=str(self._file),
            alias=generation.alias,
            generation=generation.name,
            index=generation.index,
            documents=generation.documents,
            live=True,
            previous=before.name if before else None,
            resumed=work.resumed,
            seconds=round(time.monotonic() - started, 2),
            products_per_second=round((tally.documents - earlier) / max(loaded - started, 1e-9), 1),
            floor=generation.floor,
            cleaning=work.source.report.as_dict(),
            dead_letters={"count": tally.refused},
            photos=dict(tally.photos),
            dropin={"installed": missing is None, "reason": missing},
            dropped=[old.index for old in dropped],
            problems=work.source.report.problems + builder.problems + self._notes,
            files={
                "rejected": work.rejected.name,
                "dead_letters": work.places.dead_letters.name,
                "photos": work.places.photo_faults.name,
            },
        )

    def _fill(self, work: "_Work", encoders: Encoders, lease: Lease) -> Builder:
        """Send all products of the file that are not acknowledged yet."""
        builder = self._builder(work.generation, encoders, work.checkpoint, work.places, lease)
        usual = ROWS_PER_CHUNK if encoders.image is None else ROWS_PER_CHUNK_WITH_PHOTOS
        rows = self._options.rows_per_chunk or usual
        products = self._reviews.lay_over(products_of(work.source, work.rejected), work.generation.recipe)
        builder.pipeline().run(chunks(products, done=work.checkpoint.lines(), rows=rows))
        settled = builder.tally.documents + builder.tally.refused
        if settled != work.source.report.accepted:
            raise LoadError(
                f"{self._file}: {work.source.report.accepted:,} products were read and {settled:,} were settled; the "
                "file changed while it was loaded. Load it again, without --resume"
            )
        return builder

    def _publish(
        self, work: "_Work", encoders: Encoders, builder: Builder, lease: Lease
    ) -> tuple[Generation, str | None]:
        """Complete the generation and switch to it; return it, and why it has no drop-in if it has none.

        Every step may be repeated, so a node that goes away here is waited for as during the load.
        """
        options = self._options

        def finish() -> Generation:
            return publish.finish(
                self._cluster,
                work.generation,
                builder.tally.documents,
                encoders.text,
                force=options.force,
                merge=options.merge,
                source=self._file.name,
            )

        def make_live() -> str | None:
            # Decisions made while this loaded, and, after the switch, those made until then.
            self._reviews.bring(generation)
            missing = publish.make_live(self._cluster, generation, self._hooks.install)
            self._reviews.bring(generation)
            return missing

        generation = patiently(finish, options.patience, self._hooks.notify, self._stop)
        lease.check()
        missing = patiently(make_live, options.patience, self._hooks.notify, self._stop)
        work.checkpoint.remove()
        return generation, missing

    def _builder(
        self, generation: Generation, encoders: Encoders, checkpoint: Checkpoint, places: Places, lease: Lease
    ) -> Builder:
        sender = BulkSender(
            self._cluster,
            generation.index,
            patience=self._options.patience,
            notify=self._hooks.notify,
            stop=self._stop,
        )
        builder = Builder(encoders, sender, checkpoint, places, lease, stop=self._stop, progress=self._hooks.progress)
        if builder.tally.documents:
            self._hooks.notify(f"going on with {generation.index}: {builder.tally.documents:,} products are there")
            self._hooks.progress(builder.tally.documents)
        return builder

    def _before(self) -> Generation | None:
        """Return the live generation; what stands behind the alias before an adoption is none."""
        adopted, alias = self._options.adopted, self._options.alias
        if adopted is not None and generations.live_indices(self._cluster, alias) == [adopted.index]:
            return None
        return generations.live(self._cluster, alias)

    def _encoders(self) -> Encoders:
        workers = self._options.threads or available_cores()
        text = self._store.open_text(self._options.text_model, threads=1)
        if not self._options.photos or not (self._options.images or self._has_photos()):
            return Encoders(text, None, workers)
        return Encoders(text, self._store.open_image(self._options.image_model, threads=1), workers)

    def _has_photos(self) -> bool:
        """Whether one of the first rows names a photo that is there, beside the product file."""
        rows = ProductFile(self._file, encoding=self._options.encoding, adopted=self._options.adopted).outcomes()
        for _, product in zip(range(ROWS_LOOKED_AT), rows, strict=False):
            if isinstance(product, Product) and product.image:
                found = find_photo(product.image, self._images)
                if isinstance(found, Path):
                    return True
        return False

    def _origin(self, index: str, encoders: Encoders) -> Origin:
        image = encoders.image_ref
        return Origin(
            path=str(self._file.absolute()),
            sha256=sha256_of(self._file),
            size=self._file.stat().st_size,
            index=index,
            text=f"{encoders.text_ref.model} ({encoders.text_ref.fingerprint})",
            image=None if image is None else f"{image.model} ({image.fingerprint})",
            images=None if image is None else str(self._images.absolute()),
            encoding=self._options.encoding,
            recipe=self._options.recipe,
        )

    def _begin(self, folder: Path, encoders: Encoders) -> "_Work":
        """Return what is to be done: the rest of the interrupted load, or a new generation."""
        unfinished = [g for g in generations.history(self._cluster, self._options.alias) if not g.complete]
        if self._options.resume:
            for generation in reversed(unfinished):
                file = folder / generation.name / CHECKPOINT
                if file.exists():
                    checkpoint = Checkpoint.read(file)
                    checkpoint.refuse_other(self._origin(generation.index, encoders))
                    return self._work(generation, checkpoint, file.parent, resumed=True)
            self._note("there is no interrupted load to resume; starting from the beginning")
        for generation in publish.left_over(self._cluster, unfinished, folder, CHECKPOINT):
            generations.drop(self._cluster, generation)
            self._hooks.remove(self._cluster, generation)
            (folder / generation.name / CHECKPOINT).unlink(missing_ok=True)
            self._note(f"dropped {generation.index}, which an interrupted load had left half built")
        generation = generations.create(
            self._cluster,
            self._options.alias,
            text=encoders.text_ref,
            image=encoders.image_ref,
            fusion=self._options.fusion,
            lexical=self._options.lexical,
            recipe=self._options.recipe,
            settings={"number_of_replicas": self._options.replicas},
            adopted=self._options.adopted,
        )
        lists = folder / generation.name
        note_folder(lists, self._images)
        checkpoint = Checkpoint.begin(lists / CHECKPOINT, self._origin(generation.index, encoders))
        return self._work(generation, checkpoint, lists, resumed=False)

    def _work(self, generation: Generation, checkpoint: Checkpoint, lists: Path, *, resumed: bool) -> "_Work":
        places = Places(self._images, Letters(lists / "dead-letters.jsonl"), Letters(lists / "photos.jsonl"))
        for letters in (places.dead_letters, places.photo_faults):
            letters.keep_chunks({settled.first for settled in checkpoint.settled})
        rejected = Letters(lists / "rejected.jsonl")
        rejected.clear()
        source = ProductFile(
            self._file, encoding=self._options.encoding, recipe=self._options.recipe, adopted=generation.adopted
        )
        return _Work(generation, checkpoint, resumed, source, places, rejected)

    def _note(self, message: str) -> None:
        self._notes.append(message)
        self._hooks.notify(message)


@dataclass(frozen=True)
class _Work:
    """The generation to fill, from which file, and where it is noted what was done and left out."""

    generation: Generation
    checkpoint: Checkpoint
    resumed: bool
    source: ProductFile
    places: Places
    rejected: Letters


def loads_folder(home: Path, cluster: Cluster, alias: str) -> Path:
    """Return the folder for checkpoints and lists of one alias of one cluster."""
    uuid = cluster.request("GET", "/")["cluster_uuid"]
    return home / "loads" / uuid / alias


def products_of(source: ProductFile, rejected: Letters) -> Iterator[Product]:
    """Yield the products of a file, and list the rows that are none in `rejected` (blank ones are counted only)."""
    for outcome in source.outcomes():
        if isinstance(outcome, Product):
            yield outcome
        elif not (isinstance(outcome, Rejected) and outcome.code == "empty"):
            rejected.add([_rejection(outcome)])


def _rejection(outcome: Rejected | BadRow) -> dict[str, Any]:
    if isinstance(outcome, Rejected):
        return {"line": outcome.line, "code": outcome.code, "id": outcome.id, "reason": outcome.reason}
    return {"line": outcome.line, "code": "unreadable", "reason": outcome.reason, "excerpt": outcome.excerpt}
