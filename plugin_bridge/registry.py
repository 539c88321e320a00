"""The generations that the cluster holds, as this process knows them, with their encoders.

The cluster is the truth: `refresh` reads what is there, opens the encoders of generations that are new, and lets go
of those whose index was dropped. Readers take a snapshot without a lock, so a refresh never holds up a shopper.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from encoders.errors import EncoderError
from encoders.images import ImageEncoder
from encoders.text import TextEncoder
from opensearch import generations
from opensearch.client import Cluster
from opensearch.errors import GenerationError, OpenSearchError
from opensearch.generations import Generation
from plugin_bridge.encoder_pool import EncoderPool

log = logging.getLogger(__name__)

NOT_READ_YET = "the cluster's generations were not read yet"


@dataclass(frozen=True)
class Known:
    """A generation and, where its text or photo encoder cannot be used, the sentences that say why."""

    generation: Generation
    live: bool
    text: TextEncoder | None = None
    problem: str | None = None
    no_photos: str | None = None


@dataclass(frozen=True)
class Snapshot:
    """All generations by index, at one moment."""

    by_index: Mapping[str, Known] = field(default_factory=dict)

    def of(self, alias: str) -> list[Known]:
        """Return the generations of an alias, oldest first."""
        mine = [known for known in self.by_index.values() if known.generation.alias == alias]
        return sorted(mine, key=lambda known: known.generation.number)


class Registry:
    """Keeps a snapshot of the cluster's generations up to date. Thread-safe."""

    def __init__(self, cluster: Cluster, pool: EncoderPool, *, open_encoders: bool = True) -> None:
        """Prepare; with `open_encoders` a refresh opens the encoders of all generations, else their first use does."""
        self.cluster = cluster
        self.pool = pool
        self._open_encoders = open_encoders
        self._lock = threading.Lock()
        self._snapshot = Snapshot()
        self._on_change: list[Callable[[Snapshot], None]] = []

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._snapshot

    def on_change(self, listener: Callable[[Snapshot], None]) -> None:
        """Have `listener` called, in the refreshing thread, whenever the generations have changed."""
        self._on_change.append(listener)

    def refresh(self) -> Snapshot:
        """Read the cluster's generations again and return them; raises OpenSearchError where it does not answer."""
        with self._lock:
            found = generations.all_of_them(self.cluster)
            live = generations.all_live(self.cluster)
            before = self._snapshot.by_index
            by_index = {one.index: self._known(one, one.index in live.get(one.alias, ())) for one in found}
            self._snapshot = Snapshot(by_index)
            if by_index != before:
                self._let_go(by_index)
                for listener in self._on_change:
                    listener(self._snapshot)
            return self._snapshot

    def live(self, alias: str) -> Known:
        """Return the live generation of an alias, looking again where none is known."""
        for snapshot in (lambda: self._snapshot, self.refresh):
            found = [known for known in snapshot().of(alias) if known.live]
            if len(found) == 1:
                return found[0]
        if found:
            names = ", ".join(known.generation.index for known in found)
            raise GenerationError(f"alias {alias} holds several generations ({names}); it must hold one")
        raise GenerationError(f"alias {alias} holds no generation: load a catalogue with `kindred load FILE` first")

    def named(self, alias: str, name: str) -> Known:
        """Return a generation of an alias by its name (`g007`), number (`7`) or index (`products-g007`)."""
        for snapshot in (lambda: self._snapshot, self.refresh):
            for known in snapshot().of(alias):
                one = known.generation
                if name in (one.name, one.index, str(one.number)):
                    return known
        names = ", ".join(known.generation.name for known in self._snapshot.of(alias)) or "none"
        raise GenerationError(f"alias {alias} has no generation {name!r}; there are: {names}")

    def text_encoder(self, known: Known) -> TextEncoder:
        """Return the generation's text encoder, opening it where need be."""
        return known.text or self.pool.text(known.generation.text)

    def image_encoder(self, known: Known) -> ImageEncoder:
        """Return the generation's photo encoder; raises GenerationError where it has none."""
        if known.generation.image is None:
            raise GenerationError(f"{known.generation.index} was loaded without photos; search by words instead")
        return self.pool.image(known.generation.image)

    def _known(self, generation: Generation, live: bool) -> Known:
        if not self._open_encoders:
            return Known(generation, live)
        before = self._snapshot.by_index.get(generation.index)
        try:
            text = self.pool.text(generation.text)
        except (EncoderError, GenerationError) as error:
            if before is None or before.problem != str(error):
                log.warning("generation %s cannot be served: %s", generation.index, error)
            return Known(generation, live, problem=str(error))
        no_photos = self._photo_problem(generation)
        if no_photos is not None and (before is None or before.no_photos != no_photos):
            log.warning("generation %s cannot be searched by pictures: %s", generation.index, no_photos)
        return Known(generation, live, text, no_photos=no_photos)

    def _photo_problem(self, generation: Generation) -> str | None:
        if generation.image is None:
            return None
        try:
            self.pool.image(generation.image)
        except (EncoderError, GenerationError) as error:
            return str(error)
        return None

    def _let_go(self, by_index: Mapping[str, Known]) -> None:
        used = set()
        for known in by_index.values():
            used.add(known.generation.text.fingerprint)
            if known.generation.image is not None:
                used.add(known.generation.image.fingerprint)
        self.pool.retain(used)


class Refresher:
    """Refreshes a registry in a thread of its own, every `seconds` and when nudged.

    `first` is called once, after the first look that succeeds; until it returns, `problem` is not cleared.
    """

    def __init__(self, registry: Registry, seconds: float, first: Callable[[Snapshot], None]) -> None:
        self._registry = registry
        self._seconds = seconds
        self._first: Callable[[Snapshot], None] | None = first
        self._nudged = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)
        self.problem: str | None = NOT_READ_YET

    def start(self) -> None:
        """Start; the first look happens at once."""
        self._thread.start()

    def nudge(self) -> None:
        """Look again soon: somebody asked for a generation that is not known."""
        self._nudged.set()

    def stop(self) -> None:
        """Stop and wait for a look that is under way."""
        self._stopped = True
        self._nudged.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopped:
            try:
                snapshot = self._registry.refresh()
                if self._first is not None:
                    self._first(snapshot)
                    self._first = None
                self.problem = None
            except OpenSearchError as error:
                if self.problem != str(error):
                    log.warning("cannot read the generations: %s", error)
                self.problem = str(error)
            except Exception as error:
                log.exception("reading the generations failed")
                self.problem = f"reading the generations failed: {error}"
            self._nudged.wait(self._seconds)
            time.sleep(0 if self._stopped else 0.1)  # however many nudges, at most ten looks a second
            self._nudged.clear()
