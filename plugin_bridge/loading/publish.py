"""From a filled index to the live generation: merge, count, calibrate, connect, and one atomic switch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from encoders.text import TextEncoder
from opensearch import generations
from opensearch.client import Cluster, path
from opensearch.generations import Generation
from opensearch.leases import holder, of_releases
from opensearch.mappings import REFRESH_WHEN_LIVE
from plugin_bridge.errors import LoadError
from plugin_bridge.loading import floor

SHRINKS_TO = 0.8
MERGE_SECONDS = 4 * 3600
Install = Callable[[Cluster, Generation], str | None]
"""Installs the drop-in of a generation; returns None, or why there is none."""


def count(cluster: Cluster, index: str) -> int:
    """Return the number of documents that searches see now."""
    # `_count` would go through the index's pipeline, and be counted as a storefront's request.
    body = {"size": 0, "track_total_hits": True}
    return int(cluster.search(index, body, search_pipeline="_none")["hits"]["total"]["value"])


def finish(
    cluster: Cluster,
    generation: Generation,
    expected: int,
    encoder: TextEncoder,
    *,
    force: bool,
    merge: bool,
    source: str,
) -> Generation:
    """Refresh, check the count, calibrate, and mark the generation as complete; it is not live yet.

    `merge` makes one segment of the index first, which costs time now and saves some with every search.

    Raises:
        LoadError: the index does not hold exactly `expected` documents, none at all, or too few beside the live
            generation and not `force`.
    """
    if expected == 0:
        raise LoadError(f"{source}: no product could be loaded; the live generation was left alone")
    cluster.request("POST", path(generation.index, "_refresh"), timeout=300)
    found = count(cluster, generation.index)
    if found != expected:
        raise LoadError(
            f"{generation.index} holds {found:,} documents where {expected:,} were acknowledged; it was not made "
            "live. Somebody else may have written to it; load again without --resume"
        )
    _refuse_shrinking(cluster, generation, expected, force=force, source=source)
    if merge:
        segments = {"max_num_segments": 1}
        cluster.request("POST", path(generation.index, "_forcemerge"), params=segments, timeout=MERGE_SECONDS)
    similarity = floor.calibrate(cluster, generation, encoder)
    settings = {"index": {"refresh_interval": REFRESH_WHEN_LIVE}}
    cluster.request("PUT", path(generation.index, "_settings"), settings)
    done = replace(generation, complete=True, documents=expected, floor=similarity.value, word_floor=similarity.words)
    return generations.update_meta(cluster, done)


def _refuse_shrinking(cluster: Cluster, generation: Generation, expected: int, *, force: bool, source: str) -> None:
    live = None if force else generations.live(cluster, generation.alias)
    if live is None:
        return
    before = count(cluster, live.index)
    if expected < SHRINKS_TO * before:
        raise LoadError(
            f"{source} gives {expected:,} products where {generation.alias} has {before:,} now; it was not made "
            f"live. If the catalogue really shrinks by more than {1 - SHRINKS_TO:.0%}: --resume --force"
        )


def make_live(cluster: Cluster, generation: Generation, install: Install) -> str | None:
    """Install the drop-in, then switch the alias in one call; return why there is no drop-in, or None."""
    missing = install(cluster, generation)
    generations.switch(cluster, generation.alias, generation.index)
    return missing


def left_over(cluster: Cluster, unfinished: list[Generation], folder: Path, checkpoint: str) -> list[Generation]:
    """Return what interrupted loads have left; what a release that is under way builds is none of it."""
    if not unfinished or holder(cluster, of_releases(unfinished[0].alias)) is None:
        return unfinished
    return [one for one in unfinished if (folder / one.name / checkpoint).exists()]


def prune(cluster: Cluster, alias: str, keep: int, remove: Callable[[Cluster, Generation], None]) -> list[Generation]:
    """Drop complete generations older than the `keep` newest ones before the live one, and return them.

    A generation newer than the live one (after a rollback) is kept.
    """
    live = generations.live(cluster, alias)
    if live is None:
        return []
    older = [g for g in generations.history(cluster, alias) if g.complete and g.number < live.number]
    dropped = older[: max(0, len(older) - keep)]
    for generation in dropped:
        generations.drop(cluster, generation)
        remove(cluster, generation)
    return dropped
