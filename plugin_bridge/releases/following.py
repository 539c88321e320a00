"""A candidate generation follows the live one: filled from its documents, and caught up with what changes.

OpenSearch numbers every write to a shard. A pass reads the documents whose number is above that of the pass before
it, so each pass is shorter than the last one. What was deleted is found by comparing ids. Vectors of an encoder that
both generations share are taken over; those of the candidate's own encoder are made, unless the candidate has the
product with the same text already: then its vector stays, also after a kill.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from encoders.images import ImageEncoder
from encoders.text import TextEncoder
from opensearch.bulk import Action, BulkSender, Patience, delete_action, index_action, patiently
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.mappings import BEHAVIOUR_VECTOR, IMAGE_HASH, IMAGE_VECTOR, TEXT_HASH, TEXT_VECTOR
from opensearch.scanning import scan
from opensearch.writes import writes_by_shard
from plugin_bridge.behaviour.model import BehaviourModel
from plugin_bridge.behaviour.publishing import vectors_of
from plugin_bridge.catalogue import adoption
from plugin_bridge.errors import ReleaseError
from plugin_bridge.loading.documents import serialise, text_hash
from plugin_bridge.loading.photos import encode_photos
from plugin_bridge.loading.pipeline import Pipeline
from plugin_bridge.releases.behaviour import make_room_for

AT_ONCE = 256
IDS_AT_ONCE = 5000

Hit = Mapping[str, Any]


@dataclass(frozen=True)
class Encoders:
    """What makes the candidate's own vectors: a text encoder, a photo encoder and the folder of the photos, a model.

    Each runs with one thread; batches are encoded side by side by `workers` threads. With `own_behaviour` the
    candidate's model of behaviour is another one than the live generation's; where it cannot be opened (`behaviour`
    is None) the vectors that the candidate has stay.
    """

    text: TextEncoder | None = None
    image: ImageEncoder | None = None
    images: Path = Path()
    workers: int = 2
    behaviour: BehaviourModel | None = None
    own_behaviour: bool = False


@dataclass
class Pass:
    """What one pass did: documents written, texts or photos encoded, photos that could not be, and ids touched."""

    written: int = 0
    encoded: int = 0
    faults: int = 0
    ids: set[str] = field(default_factory=set)


class Follower:
    """Brings the documents of `source` to `target`. One at a time for a target."""

    def __init__(
        self,
        cluster: Cluster,
        source: Generation,
        target: Generation,
        encoders: Encoders,
        *,
        patience: Patience | None = None,
        notify: Callable[[str], None] = lambda message: None,
        progress: Callable[[int], None] = lambda documents: None,
    ) -> None:
        self._cluster, self.source, self.target = cluster, source, target
        self._encoders, self._progress, self._notify = encoders, progress, notify
        self._patience = patience or Patience()
        self._stop = threading.Event()
        # Vectors that the candidate makes itself are not fetched from the live generation.
        self._own = [TEXT_VECTOR] if encoders.text is not None else []
        self._own += [IMAGE_VECTOR] if encoders.image is not None else []
        self._own += [BEHAVIOUR_VECTOR] if encoders.own_behaviour else []
        self._has_room = encoders.own_behaviour

    def catch_up(self, since: int) -> tuple[int, Pass]:
        """Write the documents that changed after write `since` (-1: all); return up to which write, and what was done.

        Raises:
            ReleaseError: OpenSearch refused a document that it holds in the live generation.
        """
        # Read before the refresh: all writes up to it are finished, so the refresh makes them visible.
        through = finished_writes(self._cluster, self.source.index)
        refresh(self._cluster, self.source.index)
        done, lock = Pass(), threading.Lock()
        sender = self._sender()

        def prepare(hits: list[Hit]) -> tuple[list[Action], Pass]:
            return self._prepared(hits)

        def deliver(prepared: tuple[list[Action], Pass]) -> Pass:
            refused = sender.send(prepared[0]).refused
            if refused:
                raise ReleaseError(f"{self.target.index} refused product {refused[0].id!r}: {refused[0].reason}")
            return prepared[1]

        def settle(part: Pass) -> None:
            with lock:
                done.written += part.written
                done.encoded += part.encoded
                done.faults += part.faults
                done.ids |= part.ids
            self._progress(part.written)

        workers = self._encoders.workers
        stages = Pipeline(prepare, deliver, settle, workers=workers, senders=1, stop=self._stop)
        stages.run(_batches(self._changed(since)))
        return through, done

    def drop_gone(self) -> int:
        """Delete from the candidate what the live generation does not hold (any more); return how many."""
        refresh(self._cluster, self.target.index)
        gone = identities(self._cluster, self.target.index) - identities(self._cluster, self.source.index)
        if gone:
            self._sender().send([delete_action(one) for one in sorted(gone)])
            refresh(self._cluster, self.target.index)
        return len(gone)

    def stragglers(self, since: int, switched_at: int) -> int:
        """Bring over what somebody wrote to the old index past Kindred after its last pass; return how many.

        The new generation is live already: a document that was written there after write `switched_at` stays.
        """
        refresh(self._cluster, self.source.index)
        late = {hit["_id"]: hit for hit in self._changed(since)}
        written = 0
        for part in _batches(iter(late.values())):
            there = self._target_documents([hit["_id"] for hit in part])
            wanted = [hit for hit in part if there.get(hit["_id"], {}).get("_seq_no", -1) <= switched_at]
            actions, _ = self._prepared(wanted)
            careful = [_careful(action, there.get(action.id)) for action in actions]
            written += self._sender().send(careful).done
        return written + self._late_deletions(switched_at)

    def _late_deletions(self, switched_at: int) -> int:
        """Delete what is gone from the old index and was not written to the new one since; return how many."""
        refresh(self._cluster, self.target.index)
        gone = sorted(identities(self._cluster, self.target.index) - identities(self._cluster, self.source.index))
        deleted = 0
        for start in range(0, len(gone), AT_ONCE):
            there = self._target_documents(gone[start : start + AT_ONCE])
            old = {one: found for one, found in there.items() if found["_seq_no"] <= switched_at}
            actions = [_careful(delete_action(one), found) for one, found in old.items()]
            deleted += self._sender().send(actions).done
        return deleted

    def _sender(self) -> BulkSender:
        return BulkSender(self._cluster, self.target.index, patience=self._patience, notify=self._notify)

    def _changed(self, since: int) -> Iterator[Hit]:
        query = {"range": {"_seq_no": {"gt": since}}} if since >= 0 else None
        source = {"excludes": self._own}
        return scan(self._cluster, self.source.index, query, source=source, size=AT_ONCE)

    def _prepared(self, hits: Sequence[Hit]) -> tuple[list[Action], Pass]:
        sources = {hit["_id"]: dict(hit["_source"]) for hit in hits}
        there = self._target_documents(list(sources))
        done = Pass(written=len(sources), ids=set(sources))
        if self._encoders.text is not None:
            done.encoded += self._add_texts(sources, there)
        if self._encoders.image is not None:
            encoded, done.faults = self._add_photos(sources, there)
            done.encoded += encoded
        if self._encoders.own_behaviour:
            self._add_behaviour(sources, there)
        elif not self._has_room:
            self._has_room = make_room_for(self._cluster, self.target, sources.values())
        return [index_action(one, serialise(source)) for one, source in sources.items()], done

    def _target_documents(self, ids: Sequence[str]) -> dict[str, Any]:
        if not ids:
            return {}
        wanted = {"_source_includes": ",".join((*self._own, TEXT_HASH, IMAGE_HASH))}
        documents = patiently(
            lambda: self._cluster.request("POST", path(self.target.index, "_mget"), {"ids": list(ids)}, params=wanted)[
                "docs"
            ],
            self._patience,
            self._notify,
            self._stop,
        )
        return {one["_id"]: one for one in documents if one.get("found")}

    def _add_texts(self, sources: Mapping[str, dict[str, Any]], there: Mapping[str, Any]) -> int:
        """Give documents their text vector, made or kept; return how many were made."""
        assert self._encoders.text is not None
        missing: dict[str, str] = {}
        for one, source in sources.items():
            text = adoption.text_of(self.source, source)
            source[TEXT_HASH] = text_hash(text)
            known = there.get(one, {}).get("_source", {})
            if known.get(TEXT_HASH) == source[TEXT_HASH] and TEXT_VECTOR in known:
                source[TEXT_VECTOR] = known[TEXT_VECTOR]
            elif text:
                missing[one] = text
        vectors = self._encoders.text.encode(list(missing.values()), role="passage")
        for one, vector in zip(missing, vectors, strict=True):
            sources[one][TEXT_VECTOR] = vector
        return len(missing)

    def _add_behaviour(self, sources: Mapping[str, dict[str, Any]], there: Mapping[str, Any]) -> None:
        """Give documents the vector that the candidate's model of behaviour has for them."""
        model = self._encoders.behaviour
        if model is not None:
            page = [{"_id": one, "_source": source} for one, source in sources.items()]
            found = dict(zip(sources, vectors_of(page, self.target, model, Counter()), strict=True))
        else:
            found = {one: there.get(one, {}).get("_source", {}).get(BEHAVIOUR_VECTOR) for one in sources}
        for one, vector in found.items():
            if vector is not None:
                sources[one][BEHAVIOUR_VECTOR] = vector

    def _add_photos(self, sources: Mapping[str, dict[str, Any]], there: Mapping[str, Any]) -> tuple[int, int]:
        """Give documents their photo's vector; return how many were made, and of how many the photo is not there."""
        assert self._encoders.image is not None
        missing = []
        for one, source in sources.items():
            known = there.get(one, {}).get("_source", {})
            if source.get(IMAGE_HASH) is None:
                continue
            if known.get(IMAGE_HASH) == source[IMAGE_HASH] and IMAGE_VECTOR in known:
                source[IMAGE_VECTOR] = known[IMAGE_VECTOR]
            else:
                missing.append(one)
        names = [sources[one].get("image") for one in missing]
        photos = encode_photos(names, self._encoders.images, self._encoders.image)
        faults = 0
        for one, photo in zip(missing, photos, strict=True):
            if photo is None or photo.vector is None:
                faults += 1
                del sources[one][IMAGE_HASH]
            else:
                sources[one] |= {IMAGE_VECTOR: photo.vector, IMAGE_HASH: photo.hash}
        return len(missing) - faults, faults


def finished_writes(cluster: Cluster, index: str) -> int:
    """Return the number up to which all writes to an index are finished (-1: none).

    Of several shards the lowest counts: too low a number makes a pass longer, never wrong.
    """
    return min(writes_by_shard(cluster, index))


def identities(cluster: Cluster, index: str) -> set[str]:
    """Return the ids of all documents of an index that searches see."""
    return {hit["_id"] for hit in scan(cluster, index, source=False, size=IDS_AT_ONCE)}


def refresh(cluster: Cluster, index: str) -> None:
    """Make everything that was written to an index visible."""
    cluster.request("POST", path(index, "_refresh"), timeout=300)


def _batches(hits: Iterator[Hit]) -> Iterator[list[Hit]]:
    part: list[Hit] = []
    for hit in hits:
        part.append(hit)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _careful(action: Action, there: Mapping[str, Any] | None) -> Action:
    """Return an action that writes only if nobody has written the document since it was read."""
    head, _, rest = action.body.partition(b"\n")
    (kind, operation) = next(iter(orjson.loads(head).items()))
    if there is None:
        kind = "create"
    else:
        operation |= {"if_seq_no": there["_seq_no"], "if_primary_term": there["_primary_term"]}
    return Action(action.id, orjson.dumps({kind: operation}) + b"\n" + rest)
