"""A release, step by step: build beside the live generation, catch up, compare, decide, switch.

Each step is written down when it is done. A repeat after a kill takes the release up where it was: products that the
candidate holds already keep their vectors, and a switch that was not written down is noticed by the alias.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from encoders.cards import ModelCard
from opensearch import generations
from opensearch.client import Cluster, path
from opensearch.errors import GenerationError
from opensearch.generations import EncoderRef, Generation
from opensearch.leases import Lease, of_releases
from opensearch.mappings import REFRESH_WHEN_LIVE
from plugin_bridge.behaviour.model import KIND as BEHAVIOUR
from plugin_bridge.errors import BridgeError, ReleaseError
from plugin_bridge.loading import floor, publish
from plugin_bridge.releases import records, verdicts
from plugin_bridge.releases.behaviour import given
from plugin_bridge.releases.comparing import Comparison
from plugin_bridge.releases.following import refresh
from plugin_bridge.releases.measuring import measured
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.switching import follow, switch, through
from plugin_bridge.releases.workshop import Workshop

_KEPT_SETTINGS = ("number_of_replicas", "number_of_shards")
PHOTOS_KEPT = 0.99
RELEASED_KINDS = ("text", "image", BEHAVIOUR)


@dataclass(frozen=True)
class Wanted:
    """What a release is asked to do. `data` is a folder of judged queries or pairs; None: the labels of the alias.

    `force` releases where the comparison cannot tell (never what is worse: that wants `worse` too). `keep` counts
    older generations that stay for a rollback.
    """

    model: str
    by: str
    dry_run: bool = False
    force: bool = False
    worse: bool = False
    data: Path | None = None
    keep: int = 1


def release(shop: Workshop, wanted: Wanted) -> Release:
    """Bring a model of the store live, or say why not; the live generation is untouched until the last step.

    Raises:
        ReleaseError: the model did not pass its gate, nothing is live, another generation went live meanwhile.
        LeaseHeldError: another release of this alias is under way.
        OpenSearchError, EncoderError, EvaluationError: as the cluster, the store and the evaluation raise them.
    """
    with Lease(shop.cluster, of_releases(shop.alias), f"release of {wanted.model}"):
        return _Run(shop, wanted).run()


def release_compared(shop: Workshop, found: Release, keep: int = 1) -> Release:
    """Switch to the candidate of a release that was compared; raises as `release` does."""
    with Lease(shop.cluster, of_releases(shop.alias), f"release {found.id} of {found.model}"):
        return tidied(shop, switch(shop, found), keep)


class _Run:
    """One run. Holds what its steps share."""

    def __init__(self, shop: Workshop, wanted: Wanted) -> None:
        self._shop, self._wanted = shop, wanted
        self._cluster, self._hooks = shop.cluster, shop.hooks

    def run(self) -> Release:
        card = checked_card(self._shop, self._wanted.model)
        live = generations.live(self._cluster, self._shop.alias)
        if live is None:
            raise ReleaseError(f"nothing is live behind {self._shop.alias}; `kindred load FILE` comes first")
        if _is_of(live, card):
            return self._already_live(live, card)
        if card.kind == "image" and live.image is None:
            raise ReleaseError(
                f"{live.index} was loaded without photos, so that {card.name} has nothing to do in it; "
                "`kindred load FILE --images DIR` reads photos"
            )
        record = self._shop.releases.begin(card.name, card.fingerprint, card.kind, self._wanted.by, live.index)
        try:
            return self._decide(*self._compared(*self._built(record, live, card), live))
        except BaseException as error:
            stopped = "it was stopped" if isinstance(error, KeyboardInterrupt) else str(error)
            problem = f"{stopped}. The same command goes on from here"
            with suppress(BridgeError):  # the first failure is the one to tell
                self._shop.releases.change(record, state=records.FAILED, problem=problem, ended=records.now())
            raise

    def _already_live(self, live: Generation, card: ModelCard) -> Release:
        """Finish a release that was killed right after its switch; raises ReleaseError where there is none."""
        for record in self._shop.releases.all():
            if record.target == live.index and record.state in records.UNDECIDED:
                return tidied(self._shop, switch(self._shop, record), self._wanted.keep)
        raise ReleaseError(f"{card.name} is the encoder of {live.index}, which is live behind {live.alias} already")

    def _built(self, record: Release, live: Generation, card: ModelCard) -> tuple[Release, Generation]:
        """Return the candidate with every product of the live generation that is there now."""
        target = self._candidate(record)
        if target is None:
            self._drop_others(record)
            target = _create(self._shop, live, card)
            record = self._shop.releases.change(record, target=target.index, steps=[])
            record = self._shop.releases.add_step(record, "create", index=target.index)
        self._shop.note_photos(live, target)
        target = given(self._cluster, target, _ref(card) if card.kind == BEHAVIOUR else live.behaviour)
        self._hooks.reached("create")
        name = target.name
        products, written = publish.count(self._cluster, live.index), 0

        def progress(documents: int) -> None:
            nonlocal written
            written += documents
            self._hooks.tell(written, max(products, written), f"copying products to {name}")

        follower = self._shop.follower(live, target, progress)
        since, done = follower.catch_up(through(record))
        record = self._shop.releases.add_step(
            record, "copy", through=since, written=done.written, encoded=done.encoded, photos_missing=done.faults
        )
        self._hooks.reached("copy")
        record, _ = follow(self._shop, record, live, target)
        self._hooks.reached("catch up")
        lost = _lost_photos(self._cluster, live, target)
        if lost is not None:
            # What was copied without its photo is copied again by the repeat; vectors that are there stay.
            made = [dict(one) for one in record.steps if one["name"] == "create"]
            self._shop.releases.change(record, steps=made)
            raise ReleaseError(lost)
        target = self._calibrated(live, target)
        missing = self._hooks.install(self._cluster, target)
        record = self._shop.releases.add_step(record, "prepare", dropin=missing is None, reason=missing)
        self._hooks.announce()  # the bridge opens the new encoder before the first shopper needs it
        self._hooks.reached("prepare")
        return record, target

    def _candidate(self, record: Release) -> Generation | None:
        if record.target is None or not self._cluster.exists(f"/{record.target}"):
            return None
        return generations.read(self._cluster, record.target)

    def _drop_others(self, record: Release) -> None:
        """Drop the candidates that earlier releases have left: one at a time is kept."""
        live = generations.live_indices(self._cluster, self._shop.alias)
        for other in self._shop.releases.all():
            if other.id == record.id or other.state not in records.UNDECIDED or other.target in (None, *live):
                continue
            drop_candidate(self._shop, other)

    def _calibrated(self, live: Generation, target: Generation) -> Generation:
        refresh(self._cluster, target.index)
        if target.text != live.text:
            found = floor.calibrate(self._cluster, target, self._shop.pool.text(target.text))
            target = replace(target, floor=found.value, word_floor=found.words)
        else:
            target = replace(target, floor=live.floor, word_floor=live.word_floor)
        body = {"index": {"refresh_interval": REFRESH_WHEN_LIVE}}
        self._cluster.request("PUT", path(target.index, "_settings"), body)
        documents = publish.count(self._cluster, target.index)
        return generations.update_meta(self._cluster, replace(target, documents=documents))

    def _compared(self, record: Release, target: Generation, live: Generation) -> tuple[Release, Comparison]:
        found = measured(self._shop, record, live, target, self._wanted.data)
        record = self._shop.releases.change(
            record, found=found.to_json(), verdict=found.verdict, state=records.COMPARED, ended=records.now()
        )
        record = self._shop.releases.add_step(record, "compare", verdict=found.verdict)
        self._hooks.reached("compare")
        return record, found

    def _decide(self, record: Release, found: Comparison) -> Release:
        """Switch, or say why not. Without `force` a release wants proof that the candidate is better."""
        wanted = self._wanted
        if wanted.dry_run:
            return record
        refused = refusal(found.verdict, force=wanted.force, worse=wanted.worse)
        if refused is not None:
            self._hooks.log(refused)
            return self._shop.releases.change(record, state=records.REFUSED, problem=refused)
        return tidied(self._shop, switch(self._shop, record), self._wanted.keep)


def tidied(shop: Workshop, record: Release, keep: int) -> Release:
    """Drop generations older than the `keep` newest before the live one, with their drop-ins, and note it."""
    dropped = publish.prune(shop.cluster, shop.alias, keep, shop.hooks.remove)
    return shop.releases.add_step(record, "tidy", dropped=[one.index for one in dropped])


def refusal(verdict: str | None, *, force: bool, worse: bool) -> str | None:
    """Return why a candidate with this verdict is not released, None where it is."""
    if verdict == verdicts.BETTER or (verdict == verdicts.CANNOT_TELL and force) or (force and worse):
        return None
    if verdict == verdicts.WORSE:
        return "refused: the candidate is worse than the live generation (--force --worse releases it all the same)"
    return (
        "refused: the labels cannot tell whether the candidate is better. Judge what is listed as next and release "
        "again, or release it all the same with --force"
    )


def checked_card(shop: Workshop, name: str) -> ModelCard:
    """Return the card of a model that may be released: whole, an encoder, and through its parity gate."""
    from encoders.export.parity import judge  # needs no torch

    card = shop.store.verify(name)
    if card.kind not in RELEASED_KINDS:
        raise ReleaseError(
            f"model {name!r} is of kind {card.kind}; what is released is a text or photo encoder, or a model of "
            "behaviour"
        )
    if card.kind == BEHAVIOUR:
        return card  # a network that differed from its original was never put into the store
    try:
        judge(card, card.parity)
    except KeyError as error:
        raise ReleaseError(
            f"model {name!r} never passed the parity gate: its card has no {error.args[0]}; "
            "`kindred models export` makes models that have"
        ) from error
    return card


def drop_candidate(shop: Workshop, release: Release) -> None:
    """Take a candidate's index and drop-in away, and write that down; one that is live or complete is left alone."""
    with suppress(GenerationError):
        target = generations.read(shop.cluster, release.target or "")
        if target.complete:
            return
        shop.hooks.remove(shop.cluster, target)
        generations.drop(shop.cluster, target)
    problem = "its index was dropped: another candidate took its place"
    shop.releases.change(release, state=records.FAILED, problem=problem, target=None)


def _is_of(live: Generation, card: ModelCard) -> bool:
    ref = {"text": live.text, "image": live.image, BEHAVIOUR: live.behaviour}[card.kind]
    return ref is not None and ref.fingerprint == card.fingerprint


def _ref(card: ModelCard) -> EncoderRef:
    return EncoderRef(card.name, card.fingerprint, card.dimension)


def _create(shop: Workshop, live: Generation, card: ModelCard) -> Generation:
    ref = _ref(card)
    kept: Mapping[str, Any] = shop.cluster.request("GET", path(live.index, "_settings"))[live.index]["settings"][
        "index"
    ]
    return generations.create(
        shop.cluster,
        shop.alias,
        text=ref if card.kind == "text" else live.text,
        image=ref if card.kind == "image" else live.image,
        fusion=live.fusion,
        lexical=live.lexical,
        recipe=live.recipe,
        settings={name: kept[name] for name in _KEPT_SETTINGS if name in kept},
    )


def _lost_photos(cluster: Cluster, live: Generation, target: Generation) -> str | None:
    """Return what is wrong where a new photo encoder could not read the photos that the live generation has read."""
    if target.image is None or live.image in (None, target.image):
        return None
    query = {"exists": {"field": "kindred_image"}}
    counts = []
    for index in (live.index, target.index):
        refresh(cluster, index)
        body = {"size": 0, "track_total_hits": True, "query": query}
        counts.append(int(cluster.search(index, body, search_pipeline="_none")["hits"]["total"]["value"]))
    if counts[1] >= PHOTOS_KEPT * counts[0]:
        return None
    return (
        f"{counts[0]:,} products of {live.index} have a photo, and {counts[1]:,} could be read again; "
        "set KINDRED_IMAGES to the folder where they are"
    )
