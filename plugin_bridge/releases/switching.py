"""The moment of a release, and its way back: what is left to bring over, the proof, one alias call.

Writers of Kindred's (updates, loads) wait while this holds the alias's lease, for as long as the last changes take.
What is written past Kindred, and what people decide, is brought over before the call and looked for again after it.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from opensearch import dropin, generations
from opensearch.client import Cluster
from opensearch.errors import CapabilityMissingError
from opensearch.generations import EncoderRef, Generation
from opensearch.leases import Lease
from plugin_bridge.behaviour.model import KIND as BEHAVIOUR
from plugin_bridge.errors import ReleaseError
from plugin_bridge.plugging import plug_in
from plugin_bridge.releases import records
from plugin_bridge.releases.behaviour import given
from plugin_bridge.releases.following import finished_writes
from plugin_bridge.releases.proving import Prover
from plugin_bridge.releases.records import Release
from plugin_bridge.releases.workshop import Workshop
from plugin_bridge.review.carrying import carry
from plugin_bridge.review.encoding import encoding
from plugin_bridge.settings import Settings

_IN_FLIGHT_SECONDS = 0.5
_PASSES = 5
_FEW = 50


def installed(cluster: Cluster, generation: Generation, settings: Settings) -> str | None:
    """Install a generation's drop-in; return why there is none, or why it is not active."""
    try:
        drop_in = plug_in(cluster, generation, settings)
    except CapabilityMissingError as error:
        return f"storefront queries stay plain keyword queries: {error}"
    return None if drop_in.active else f"until the bridge is started: {drop_in.reason}"


def through(release: Release) -> int:
    """Return up to which write of the live index a release's candidate follows it; -1 for none."""
    return max((int(one["through"]) for one in release.steps if "through" in one), default=-1)


def follow(shop: Workshop, release: Release, source: Generation, target: Generation) -> tuple[Release, set[str]]:
    """Bring over what changed since the candidate last looked, until little is left; return the ids touched."""
    touched: set[str] = set()
    for _ in range(_PASSES):
        follower = shop.follower(source, target)
        since, done = follower.catch_up(through(release))
        touched |= done.ids
        gone = follower.drop_gone()
        release = shop.releases.add_step(release, "catch up", through=since, changed=len(touched), gone=gone)
        if done.written <= _FEW:
            break
    return release, touched


def switch(shop: Workshop, release: Release) -> Release:
    """Bring the last changes over, prove that nothing is missing, make the candidate live; safe to repeat.

    Raises:
        ReleaseError: another generation went live since the release began, or the proof fails; nothing was switched.
        LeaseHeldError: a load or an update writes for longer than ten minutes.
    """
    if release.target is None or not shop.cluster.exists(f"/{release.target}"):
        raise ReleaseError(f"the index of release {release.id} is gone; `kindred release {release.model}` builds it")
    target = generations.read(shop.cluster, release.target)
    live = _live(shop)
    if live.index == target.index:
        return _finish(shop, release, _source(shop, release), target)
    _same_source(release, live)
    target = given(shop.cluster, target, behaviour_of(release, live, target))
    prover = Prover(shop.cluster, live, target, photos=live.image != target.image)
    shop.hooks.tell(0, None, "proving that no product is missing")
    release, _ = follow(shop, release, live, target)
    prover.read()
    shop.hooks.reached("proving")
    with shop.writing(f"release {release.id} of {release.model}") as lease:
        live = _live(shop)
        _same_source(release, live)
        target = given(shop.cluster, target, behaviour_of(release, live, target))
        release, touched = follow(shop, release, live, target)
        prover.renew(touched)
        proof = prover.proof(through(release))
        release = shop.releases.add_step(release, "proof", **proof.to_json())
        if not proof.holds:
            raise ReleaseError(
                f"{target.index} does not hold the same products as {live.index} ({proof.candidate:,} and "
                f"{proof.live:,}; first that differ: {', '.join(proof.differing[:5])}); nothing was switched"
            )
        # People's decisions of the last moment, from documents that the pass before this had read already.
        carry(shop.cluster, live, target, _encode(shop))
        lease.check()
        target = generations.update_meta(shop.cluster, replace(target, complete=True, documents=proof.candidate))
        release = shop.releases.add_step(release, "ready", at_write=finished_writes(shop.cluster, target.index))
        shop.hooks.reached("ready")
        generations.switch(shop.cluster, shop.alias, target.index)
        shop.hooks.reached("switched")
        return _finish(shop, release, live, target)


def _finish(shop: Workshop, release: Release, source: Generation | None, target: Generation) -> Release:
    """Do what follows the switch: late writes and decisions are brought over, the canary ends, it is written down."""
    late = 0
    ready = release.step("ready") or {}
    if source is not None:
        late = _late(shop, source, target, through(release), int(ready.get("at_write", -1)))
        carry(shop.cluster, source, target, _encode(shop))
    shop.canaries.end(shop.alias)
    release = shop.releases.add_step(release, "switch", late=late)
    shop.hooks.announce()
    return shop.releases.change(release, state=records.RELEASED, ended=records.now(), problem=None)


def _late(shop: Workshop, source: Generation, target: Generation, since: int, switched_at: int) -> int:
    """Bring over what was written to the old index around the switch; return how much.

    A request that found its index before the alias moved may write a moment later, so it is looked for twice.
    """
    late = 0
    for pause in (0.0, _IN_FLIGHT_SECONDS):
        time.sleep(pause)
        finished = finished_writes(shop.cluster, source.index)
        late += shop.follower(source, target).stragglers(since, switched_at)
        since = max(since, finished)
    return late


@dataclass(frozen=True)
class RolledBack:
    """A rollback: indices before and after, the seconds until the alias had moved, and changes brought along."""

    alias: str
    live: str
    before: str | None
    documents: int
    seconds: float
    changes: int

    def to_json(self) -> dict[str, Any]:
        """Return it as commands and the bridge answer it."""
        return dict(self.__dict__)


def rollback(shop: Workshop, to: str | None = None) -> RolledBack:
    """Make an earlier generation live again: index, encoders and pipeline are one, so one alias call restores all.

    What changed while the newer one was live is brought back afterwards, where a release had made that one of the
    same products; a generation that was loaded from a file has its own products, and gets people's decisions only.

    Raises:
        ReleaseError: there is no complete generation to go to.
        LeaseHeldError: a load or an update writes to the alias.
    """
    started = time.perf_counter()
    with Lease(shop.cluster, shop.alias, "rollback", brief=True):
        current = generations.live(shop.cluster, shop.alias)
        target = rollback_target(shop.cluster, shop.alias, to)
        found = dropin.installed(shop.cluster, target)
        if found is None or not found.active:
            missing = shop.hooks.install(shop.cluster, target)
            if missing is not None:
                shop.hooks.log(f"{target.index}: {missing}")
        at_write = finished_writes(shop.cluster, target.index)
        generations.switch(shop.cluster, shop.alias, target.index)
        seconds = time.perf_counter() - started
        changes = 0
        shop.hooks.reached("rolled back")
        if current is not None and current.index != target.index:
            changes = _bring_back(shop, current, target, at_write)
            carry(shop.cluster, current, target, _encode(shop))
    if shop.storage.exists():
        shop.canaries.end(shop.alias)
    shop.hooks.announce()
    before = current.index if current is not None else None
    return RolledBack(shop.alias, target.index, before, target.documents, round(seconds, 4), changes)


def rollback_target(cluster: Cluster, alias: str, to: str | None) -> Generation:
    """Return the generation before the live one, or the one that `to` names; raises ReleaseError."""
    if to is None:
        found = generations.previous(cluster, alias)
        if found is None:
            raise ReleaseError(f"{alias} has no older complete generation to go back to")
        return found
    for generation in generations.history(cluster, alias):
        if to in (generation.name, generation.index):
            if not generation.complete:
                raise ReleaseError(
                    f"{generation.index} is not complete; only a complete generation can be live (one that was rolled "
                    "back goes live by the same `kindred release` again)"
                )
            return generation
    raise ReleaseError(f"{alias} has no generation {to}; `kindred generations` lists them")


def _bring_back(shop: Workshop, current: Generation, target: Generation, switched_at: int) -> int:
    """Bring what changed since a release back to the generation before it, which is live; return how much.

    What was written to that one after its write `switched_at` is newer, and stays.
    """
    if not shop.storage.exists():
        return 0
    for release in shop.releases.all():
        if release.target == current.index and release.source == target.index:
            ready = release.step("ready")
            if ready is not None:
                changes = _late(shop, current, target, int(ready["at_write"]), switched_at)
                # It is a candidate again: nobody goes back to it, the same release may take it up.
                generations.update_meta(shop.cluster, replace(current, complete=False))
                shop.releases.change(release, state=records.ROLLED_BACK, ended=records.now())
                return changes
    return 0


def _live(shop: Workshop) -> Generation:
    live = generations.live(shop.cluster, shop.alias)
    if live is None:
        raise ReleaseError(f"nothing is live behind {shop.alias}; `kindred load FILE` loads a whole catalogue")
    return live


def _source(shop: Workshop, release: Release) -> Generation | None:
    there = shop.cluster.exists(f"/{release.source}")
    return generations.read(shop.cluster, release.source) if there else None


def behaviour_of(release: Release, live: Generation, target: Generation) -> EncoderRef | None:
    """Return the model of behaviour that a release's candidate is to have: the live one's, unless it is released."""
    return target.behaviour if release.kind == BEHAVIOUR else live.behaviour


def _same_source(release: Release, live: Generation) -> None:
    if live.index != release.source:
        raise ReleaseError(
            f"release {release.id} was built beside {release.source}, and {live.index} is live by now; "
            f"nothing was switched. `kindred release {release.model}` builds it anew"
        )


def _encode(shop: Workshop) -> Any:
    return encoding(shop.pool.text)
