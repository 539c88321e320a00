"""What every step of a release works with: the cluster, the store, the database, who is told, the alias's lease."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from encoders.errors import EncoderError
from encoders.sessions import available_cores
from encoders.store import ModelStore
from opensearch.client import Cluster
from opensearch.generations import EncoderRef, Generation
from opensearch.leases import Lease, LeaseHeldError
from plugin_bridge.behaviour.model import BehaviourModel, open_model
from plugin_bridge.behaviour.publishing import cold_of
from plugin_bridge.encoder_pool import EncoderPool
from plugin_bridge.errors import BehaviourError, ReleaseError
from plugin_bridge.loading.load import loads_folder
from plugin_bridge.loading.photos import note_folder, noted_folder
from plugin_bridge.releases.canary import Canaries
from plugin_bridge.releases.following import Encoders, Follower
from plugin_bridge.releases.records import Releases
from plugin_bridge.settings import Settings
from plugin_bridge.storage import LateStorage

LEASE_SECONDS = 600.0
_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Hooks:
    """Who is told, and what installs a drop-in (returns why there is none). `reached` hears of every step's end."""

    tell: Callable[[int, int | None, str], None] = lambda step, of, message: None
    log: Callable[[str], None] = lambda message: None
    reached: Callable[[str], None] = lambda point: None
    install: Callable[[Cluster, Generation], str | None] = lambda cluster, generation: "not asked for"
    remove: Callable[[Cluster, Generation], None] = lambda cluster, generation: None
    announce: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Workshop:
    """What every step of a release works with."""

    cluster: Cluster
    store: ModelStore
    settings: Settings
    storage: LateStorage
    alias: str
    hooks: Hooks

    @cached_property
    def pool(self) -> EncoderPool:
        """The encoders of a comparison, each opened once."""
        return EncoderPool(self.store, self.settings.threads)

    @cached_property
    def _side_by_side(self) -> EncoderPool:
        """Encoders of one thread each, for batches that are encoded side by side."""
        return EncoderPool(self.store, threads=1)

    @property
    def releases(self) -> Releases:
        """The alias's releases."""
        return Releases(self.storage.open(), self.alias)

    @property
    def canaries(self) -> Canaries:
        """The canaries of all aliases."""
        return Canaries(self.storage.open())

    def follower(self, source: Generation, target: Generation, done: Callable[[int], None] | None = None) -> Follower:
        """Return what brings documents from one generation to another, with the encoders that differ."""
        encoders = self.encoders(source, target)
        return Follower(
            self.cluster, source, target, encoders, notify=self.hooks.log, progress=done or (lambda documents: None)
        )

    def encoders(self, source: Generation, target: Generation) -> Encoders:
        """Return the encoders of `target` that `source` was not made with.

        Raises GenerationError where the store's model is not the generation's, ReleaseError without photos' folder.
        """
        pool = self._side_by_side
        text = None if source.text == target.text else pool.text(target.text)
        found = Encoders(text, workers=self.settings.threads or available_cores())
        if source.behaviour != target.behaviour:
            model = self.behaviour(target.behaviour)
            if model is not None and (source.text, source.image) == (target.text, target.image):
                model = replace(model, cold=cold_of(self.cluster, source, model))  # for products that nobody bought yet
            found = replace(found, own_behaviour=True, behaviour=model)
        if target.image is None or source.image == target.image:
            return found
        folder = self._photos_of(source, target)
        if folder is None or not folder.is_dir():
            raise ReleaseError(
                f"the photos of {source.index} are needed and their folder is not known here: set KINDRED_IMAGES"
            )
        return replace(found, image=pool.image(target.image), images=folder)

    def note_photos(self, source: Generation, target: Generation) -> None:
        """Write down for a candidate where the photos of the live generation are: updates and the bridge look there."""
        folder = self._photos_of(source)
        if folder is not None:
            note_folder(loads_folder(self.settings.home, self.cluster, self.alias) / target.name, folder)

    def _photos_of(self, *generations: Generation) -> Path | None:
        lists = loads_folder(self.settings.home, self.cluster, self.alias)
        noted = (noted_folder(lists / one.name) for one in generations)
        return self.settings.images or next((folder for folder in noted if folder is not None), None)

    def behaviour(self, ref: EncoderRef | None) -> BehaviourModel | None:
        """Return the model of behaviour that a generation names, None where the store has another one by now."""
        if ref is None:
            return None
        try:
            model = open_model(self.store, ref.model)
        except (BehaviourError, EncoderError) as error:
            self.hooks.log(f"the vectors of {ref.model} stay as they are: {error}")
            return None
        if model.fingerprint != ref.fingerprint:
            self.hooks.log(f"the vectors of {ref.model} {ref.fingerprint} stay as they are: the store has another one")
            return None
        return model

    def writing(self, purpose: str, seconds: float = LEASE_SECONDS) -> AbstractContextManager[Lease]:
        """Return the alias's lease, waiting while a load or an update holds it; raises LeaseHeldError after that."""
        end = time.monotonic() + seconds
        told = False
        while True:
            with ExitStack() as stack:
                try:
                    lease = stack.enter_context(Lease(self.cluster, self.alias, purpose, brief=True))
                except LeaseHeldError as error:
                    if time.monotonic() > end:
                        raise
                    if not told:
                        self.hooks.log(f"waiting: {error}")
                    told = True
                    time.sleep(_LOOK_AGAIN_SECONDS)
                    continue
                held = stack.pop_all()
                return _Held(lease, held)


class _Held(AbstractContextManager[Lease]):
    """A lease that is held already, given back when the block ends."""

    def __init__(self, lease: Lease, stack: ExitStack) -> None:
        self._lease, self._stack = lease, stack

    def __enter__(self) -> Lease:
        return self._lease

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)
